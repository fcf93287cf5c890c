// Charts of lines over the epochs.

const palette = () => dark.matches ?
    ['#6cb2ff', '#ff9a5c', '#5dd88a', '#d7a6ff', '#ffd75c', '#5ce1e6', '#ff8ac2', '#b0b8c4'] :
    ['#0b62c4', '#c2410c', '#15803d', '#7e22ce', '#946200', '#0e7490', '#be185d', '#4b5563'];

/** About five round numbers from low to high. */
function ticks(low, high) {
  const raw = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const list = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; ++at)
    list.push(at * step || 0);  // never -0
  return list;
}

/** A chart; lines: [{name, points: [[x, y], …]}]. With `log`, y is on a logarithmic scale. */
function chart(title, lines, log, format = short) {
  const figure = make('figure');
  const [height, left, bottom, top, right] = [260, 58, 28, 10, 12];
  const shown = lines.map(
      (line) => ({...line, points: line.points.filter(([, y]) => y !== null && (!log || y > 0))}));
  const all = shown.flatMap((line) => line.points);
  const draw = () => {
    figure.replaceChildren(make('h3', {}, title));
    if (all.length === 0) return figure.append(make('p', {class: 'faint'}, 'No numbers yet.'));
    const width = figure.clientWidth || 520;  // so that text has one size in every window
    const scale = (y) => log ? Math.log10(y) : y;
    const xs = all.map(([x]) => x), ys = all.map(([, y]) => scale(y));
    const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
    let [y0, y1] = [Math.min(...ys), Math.max(...ys)];
    const room = (y1 - y0) * 0.05 || Math.abs(y0) * 0.1 || 1;
    [y0, y1] = [!log && y0 >= 0 && y0 < room * 4 ? 0 : y0 - room, y1 + room];
    const px = (x) => left + (x1 > x0 ? (x - x0) / (x1 - x0) : 0.5) * (width - left - right);
    const py = (y) => height - bottom - (scale(y) - y0) / (y1 - y0) * (height - bottom - top);
    const last = shown.filter((line) => line.points.length)
                     .map((line) => `${line.name}: ${format(line.points.at(-1)[1])}`)
                     .join(', ');
    const svg = make('svg', {
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': `${title}, epochs ${x0} to ${x1}. Last values: ${last}`
    });
    const marks = log ? logTicks(y0, y1) : ticks(y0, y1);
    for (const mark of marks) {
      svg.append(
          make('line', {class: 'axis', x1: left, x2: width - right, y1: py(mark), y2: py(mark)}),
          make('text', {x: left - 6, y: py(mark) + 4, 'text-anchor': 'end'}, format(mark)));
    }
    for (const mark of ticks(x0, x1).filter(Number.isInteger))
      svg.append(make('text', {x: px(mark), y: height - 8, 'text-anchor': 'middle'}, String(mark)));
    const colours = palette();
    const legend = make('div', {class: 'legend', 'aria-hidden': 'true'});
    shown.forEach((line, i) => {
      const ink = colours[i % colours.length];
      const path = line.points.map(
          ([x, y], k) => (k ? 'L' : 'M') + px(x).toFixed(1) + ' ' + py(y).toFixed(1));
      svg.append(make('path', {
        d: path.join(''),
        fill: 'none',
        stroke: ink,
        'stroke-width': 2,
        'stroke-linejoin': 'round',
        'stroke-dasharray': i >= colours.length ? '5 3' : 'none'
      }));
      if (line.points.length < 60) {
        for (const [x, y] of line.points)
          svg.append(make('circle', {cx: px(x), cy: py(y), r: 2.5, fill: ink}));
      }
      legend.append(make('span', {}, make('i', {style: `border-color:${ink}`}), line.name));
    });
    figure.append(svg, legend);
  };
  draw();
  redraws.push(draw);
  charts.push(draw);
  return figure;
}

function logTicks(low, high) {
  const list = [];
  const step = Math.max(1, Math.ceil((high - low) / 6));
  for (let power = Math.ceil(low); power <= high; power += step) list.push(10 ** power);
  return list.length >= 2 ?
      list :
      [10 ** low, 10 ** ((low + high) / 2), 10 ** high].map((y) => Number(y.toPrecision(2)));
}

/** The norms of all parameters of a layer together. */
function layerLines(rows) {
  const {names, epochs} = data.norms;
  const layers = [...new Set(names.map((name) => name.replace(/\/[^/]*$/, '')))];
  return layers.map(
      (layer) => ({
        name: layer,
        points: epochs.map(
            (epoch, e) =>
                [epoch, Math.hypot(...rows[e].filter((_, i) => names[i].startsWith(layer + '/')))])
      }));
}

/** The norms of the weights alone, as a bias that begins at zero changes by any factor. */
function weightLines(rows) {
  const {names, epochs} = data.norms;
  return names
      .map((name, i) => ({
             name: name.replace(/\/weight$/, ''),
             keep: !name.endsWith('/bias'),
             points: epochs.map((epoch, e) => [epoch, rows[e][i]])
           }))
      .filter((line) => line.keep);
}

function showCurves() {
  const place = section('curves');
  if (data.epochs.length === 0) return place.remove();
  const quality = data.classes > 0 ? 'Accuracy' : 'Root mean squared error';
  const lines =
      (i) => ['train', 'validation']
                 .map((part) => ({
                        name: part === 'train' ? 'training' : part,
                        points: data.epochs.filter((e) => e[part]).map((e) => [e.epoch, e[part][i]])
                      }))
                 .filter((l) => l.points.length);
  const charts = make('div', {class: 'charts'});
  charts.append(
      chart(`Loss (${data.loss})`, lines(0), false),
      chart(
          quality, lines(1), false,
          data.classes > 0 ? (y) => Number((100 * y).toFixed(2)) + ' %' : short),
      chart(
          'Learning rate',
          [{name: 'last step of the epoch', points: data.epochs.map((e) => [e.epoch, e.rate])}],
          false));
  if (data.norms.epochs.length) {
    charts.append(
        chart('Length of the gradient of each layer', layerLines(data.norms.gradients), true),
        chart('Size of an update: |change| / |weights|', weightLines(data.norms.updates), true));
  }
  const missing = data.norms.missing.map(([a, b]) => a === b ? a : `${a} to ${b}`).join(', ');
  const table = tableOf(
      [
        'epoch', 'training loss', quality.toLowerCase(), 'validation loss', quality.toLowerCase(),
        'learning rate'
      ],
      data.epochs.map(
          (e) => [e.epoch, ...e.train, ...(e.validation || [null, null]), e.rate].map(short)));
  place.append(
      make(
          'p', {class: 'faint'},
          'The training figures are means over the epoch while the weights change; ' +
              'the gradients and updates are those of the last step of each epoch, on logarithmic scales.' +
              (data.norms.epochs.length && missing ?
                   ` Those of epoch ${missing} are not known: that part of the run wrote no report, or ` +
                       'wrote it to another file.' :
                   '')),
      charts,
      make(
          'details', {}, make('summary', {}, 'The same as a table'),
          make('div', {class: 'wide'}, table)));
}

function tableOf(header, rows, texts = []) {
  const cells = (row) =>
      row.map((cell, i) => make('td', texts.includes(i) ? {class: 'text'} : {}, cell));
  return make(
      'table', {},
      make(
          'thead', {},
          make(
              'tr', {},
              ...header.map(
                  (h, i) => make(
                      'th', {scope: 'col', class: texts.includes(i) ? 'text' : 'number'}, h)))),
      make('tbody', {}, ...rows.map((row) => make('tr', {}, ...cells(row)))));
}

function showFilters() {
  const place = section('filters');
  if (!data.filters) return place.remove();
  const {layer, shape, of, epochs, images} = data.filters;
  const [rows, cols, channels, count] = shape;
  const slider = make('input', {
    type: 'range',
    min: 0,
    max: epochs.length - 1,
    value: epochs.length - 1,
    id: 'epoch',
    'aria-label': 'Epoch'
  });
  const text = make('output', {for: 'epoch'
  });
  const canvas = make('canvas', {role: 'img'});
  const tall = [rows, cols * channels, count];
  const tiles = tilesOf(tall, 620);
  const draw = () => {
    const image = images[slider.value];
    const bytes = bytesOf(image.bytes);
    const numbers = new Float32Array(bytes.length);
    for (let r = 0; r < rows; ++r) {
      for (let s = 0; s < cols; ++s) {
        for (let c = 0; c < channels; ++c) {  // the channels side by side
          for (let k = 0; k < count; ++k) {
            numbers[(r * cols * channels + c * cols + s) * count + k] = image.low +
                bytes[((r * cols + s) * channels + c) * count + k] / 255 * (image.high - image.low);
          }
        }
      }
    }
    drawNumbers(canvas, numbers, tall, largest(numbers), tiles, false);
    const now = `epoch ${epochs[slider.value]}`;
    text.textContent = ` ${now}, from ${short(image.low)} to ${short(image.high)}`;
    slider.setAttribute('aria-valuetext', now);
    canvas.setAttribute('aria-label', `${count} filters of ${layer} after ${now}`);
  };
  slider.addEventListener('input', draw);
  draw();
  redraws.push(draw);
  place.append(
      make(
          'p', {},
          `The ${count < of ? `first ${count} of ${of}` : count} sets of weights of ${layer}` +
              (channels > 1 ? `, their ${channels} input channels side by side` : '') +
              '. Blue is negative, red positive.'),
      make('p', {}, slider, text), canvas);
}
