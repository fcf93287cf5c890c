// Confusions, mistakes, calibration, layers and the rest.

function showClasses() {
  const place = section('classes');
  if (!data.judgement) return place.remove();
  const {part, per_class: classes, confusion, confusions} = data.judgement;
  const matrix =
      make('div', {class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Confusion matrix'});
  if (confusion) {
    const draw = () => {
      const rows = confusion.map((row, i) => {
        const all = add(row) || 1;
        return make(
            'tr', {}, make('th', {scope: 'row'}, classes[i].name), ...row.map((count, k) => {
              const rgb = colour(count / all * (i === k ? -1 : 1) * (i === k ? 0.8 : 3));
              const light = 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2] > 128;
              return make(
                  'td', {style: `background:rgb(${rgb});color:${light ? '#111' : '#fff'}`},
                  String(count));
            }));
      });
      matrix.replaceChildren(make(
          'table', {class: 'confusion'},
          make(
              'thead', {},
              make(
                  'tr', {}, make('td', {}, ''),
                  ...classes.map((c) => make('th', {scope: 'col'}, c.name)))),
          make('tbody', {}, ...rows)));
    };
    draw();
    redraws.push(draw);
  }
  const bars = make(
      'div', {class: 'wide'},
      tableOf(
          ['class', 'examples', 'accuracy', ''],
          classes.slice(0, 100).map(
              (c) =>
                  [c.name, short(c.examples), c.accuracy === null ? 'none' : percent(c.accuracy),
                   make(
                       'span', {class: 'bar', 'aria-hidden': 'true'},
                       make('i', {style: `width:${100 * (c.accuracy || 0)}%`}))])));
  place.append(
      make(
          'p', {},
          `The ${part} examples, with ${data.state.weights}.` +
              (confusion ?
                   ' A row of the matrix holds the examples of one class, a column those predicted as one class.' :
                   '')),
      make(
          'div', {class: 'charts'},
          confusion ? matrix :
                      tableOf(
                          ['class', 'taken for', 'times'],
                          confusions.map((c) => [c.class, c.predicted, String(c.count)]), [0, 1]),
          bars));
}

function showMistakes() {
  const place = section('mistakes');
  const list = data.judgement ? data.judgement.mistakes : [];
  if (list.length === 0) return place.remove();
  place.append(
      make(
          'p', {},
          `The ${list.length} most wrong of ${data.judgement.mistakes_in_all} mistakes on the ` +
              `${data.judgement.part} images: the class, then the predicted one.`),
      make('div', {class: 'grid'}, ...list.map((item) => {
        const output = data.probabilities ? percent(item.output) : short(item.output);
        return make(
            'figure', {}, picture(item, `Image of ${item.truth}, predicted as ${item.predicted}`),
            make(
                'figcaption', {}, `${item.truth}, not `, make('b', {}, item.predicted),
                ` (${output})`));
      })));
}

function showCalibration() {
  const place = section('calibration');
  const bins = data.judgement && data.judgement.calibration;
  if (!bins) return place.remove();
  const all = add(bins.map((bin) => bin.count));
  const error =
      add(bins.map((bin) => bin.count * Math.abs(bin.confidence - bin.accuracy))) / (all || 1);
  const size = 300, left = 46;
  const px = (share) => left + share * (size - left - 22),
        py = (share) => size - 34 - share * (size - 44);
  const svg = make('svg', {
    viewBox: `0 0 ${size} ${size}`,
    role: 'img',
    style: 'max-width:24rem',
    'aria-label': `Accuracy over confidence; expected calibration error ${percent(error)}`
  });
  for (const mark of [0, 0.5, 1]) {
    svg.append(
        make('line', {class: 'axis', x1: px(0), x2: px(1), y1: py(mark), y2: py(mark)}),
        make('text', {x: left - 5, y: py(mark) + 4, 'text-anchor': 'end'}, 100 * mark + ' %'),
        make('text', {x: px(mark), y: size - 18, 'text-anchor': 'middle'}, 100 * mark + ' %'));
  }
  svg.append(make('text', {x: px(0.5), y: size - 3, 'text-anchor': 'middle'}, 'confidence'));
  bins.forEach((bin, i) => {
    if (bin.count === 0) return;
    svg.append(make('rect', {
      x: px(i / 10) + 2,
      y: py(bin.accuracy),
      width: px(0.1) - px(0) - 4,
      height: py(0) - py(bin.accuracy),
      fill: 'var(--a)',
      opacity: 0.35 + 0.65 * Math.sqrt(bin.count / all)
    }));
  });
  svg.append(make('line', {
    x1: px(0),
    y1: py(0),
    x2: px(1),
    y2: py(1),
    stroke: 'var(--b)',
    'stroke-width': 2,
    'stroke-dasharray': '6 4'
  }));
  const table = tableOf(
      ['confidence', 'examples', 'mean', 'accuracy'],
      bins.map(
          (bin, i) =>
              [`${10 * i} to ${10 * i + 10} %`, short(bin.count),
               bin.count ? percent(bin.confidence) : '', bin.count ? percent(bin.accuracy) : '']));
  place.append(
      make(
          'p', {},
          'How often the model is right (bars) when it gives its answer this probability. On the dashed line ' +
              `both agree; the mean distance from it, the expected calibration error, is ${
                  percent(error)}.`),
      make('div', {class: 'charts'}, make('figure', {}, svg), make('div', {class: 'wide'}, table)));
}

function showRegression() {
  const place = section('regression');
  if (!data.regression) return place.remove();
  const {pairs, part} = data.regression;
  const flat = pairs.flat().filter((number) => number !== null);
  const [low, high] = [Math.min(...flat), Math.max(...flat)];
  const size = 340, left = 54;
  const at = (v) => (high > low ? (v - low) / (high - low) : 0.5);
  const px = (v) => left + at(v) * (size - left - 10), py = (v) => size - 36 - at(v) * (size - 48);
  const svg = make('svg', {
    viewBox: `0 0 ${size} ${size}`,
    style: 'max-width:30rem',
    role: 'img',
    'aria-label': `Predictions over targets of ${pairs.length} examples`
  });
  for (const mark of ticks(low, high)) {
    svg.append(
        make('line', {class: 'axis', x1: px(low), x2: px(high), y1: py(mark), y2: py(mark)}),
        make('text', {x: left - 5, y: py(mark) + 4, 'text-anchor': 'end'}, short(mark)),
        make('text', {x: px(mark), y: size - 20, 'text-anchor': 'middle'}, short(mark)));
  }
  svg.append(
      make('line', {
        x1: px(low),
        y1: py(low),
        x2: px(high),
        y2: py(high),
        stroke: 'var(--b)',
        'stroke-dasharray': '6 4'
      }),
      make('text', {x: px((low + high) / 2), y: size - 4, 'text-anchor': 'middle'}, 'target'),
      ...pairs.map(
          ([target, output]) => make(
              'circle', {cx: px(target), cy: py(output), r: 3, fill: 'var(--a)', opacity: 0.5})));
  place.append(
      make(
          'p', {},
          `The first output for ${pairs.length} ${part} examples, with ${
              data.state.weights}, above its target. ` +
              'On the dashed line both are equal.'),
      make('figure', {}, svg));
}

function showLayers() {
  const total = (key) => data.layers.reduce((sum, layer) => sum + layer[key], 0);
  const rows = data.layers.map(
      (l) =>
          [l.name, l.type, l.inputs.join(', '), `[${l.output.join(', ')}]`, short(l.weights),
           short(l.biases), short(l.connections), short(l.multiply_adds)]);
  rows.push([
    'total', '', '', '', short(total('weights')), short(total('biases')),
    short(total('connections')), short(total('multiply_adds'))
  ]);
  section('layers').append(
      make(
          'p', {},
          `The input is [${data.input.join(', ')}]. All numbers are for one ${data.noun}.`),
      make(
          'div', {class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Table of layers'},
          tableOf(
              [
                'layer', 'type', 'reads', 'output', 'weights', 'biases', 'connections',
                'multiply-adds'
              ],
              rows, [1, 2, 3])));
}

function showRest() {
  if (!document.querySelector('#program svg')) section('program').remove();
  section('configuration')
      .append(make('pre', {tabindex: '0', 'aria-label': 'The model file'}, data.config));
  const seconds = add(data.epochs.map((e) => e.seconds || 0));
  const timed = data.epochs.filter((e) => e.speed > 0);
  const rows = [
    ['autonet', data.version],
    [
      'data',
      `${data.data}: ${short(data.counts[0])} for training, ${
          short(data.counts[1])} for validation, ${short(data.counts[2])} for tests`
    ],
    ['numbers', data.precision], ['threads', String(data.threads)],
    ['page written', document.lastModified]
  ];
  if (timed.length) {
    rows.push([`time of ${timed.length} epochs`, seconds.toFixed(1) + ' s'], [
      'training speed, middle epoch',
      `${short(Math.round(timed.map((e) => e.speed).sort((a, b) => a - b)[timed.length >> 1]))} ${
          data.noun}s/s`
    ]);
  }
  section('timing').append(make(
      'div', {class: 'wide'},
      make(
          'table', {},
          make(
              'tbody', {},
              ...rows.map(
                  ([name, text]) => make(
                      'tr', {}, make('th', {scope: 'row'}, name),
                      make('td', {class: 'text'}, text)))))));
}

function showStatus() {
  const {epoch, epochs, done, weights} = data.state;
  section('status').textContent = epoch === 0 ? `Everything below shows ${weights}.` : done ?
      `Finished after ${epoch} epochs. Everything below shows ${weights}.` :
      `Epoch ${epoch} of ${epochs} is done. Everything below shows ${weights}.`;
  if (done) return;
  const watch = section('watch'), box = watch.querySelector('input');
  watch.hidden = false;
  box.checked = location.hash === '#watch';
  const plan = () => setTimeout(() => {
    if (box.checked) location.reload();
  }, 3000);
  box.addEventListener('change', () => {
    history.replaceState(null, '', box.checked ? '#watch' : '#');
    plan();
  });
  plan();
}

showStatus();
showCurves();
showFilters();
showExample();
showClasses();
showMistakes();
showCalibration();
showRegression();
showLayers();
showRest();
for (const part of document.querySelectorAll('main section'))
  section('contents')
      .append(
          make('li', {}, make('a', {href: '#' + part.id}, part.querySelector('h2').textContent)));
dark.addEventListener('change', () => redraws.forEach((draw) => draw()));

let drawnFor = 0;
function fitCharts() {
  if (innerWidth === drawnFor) return;
  drawnFor = innerWidth;
  charts.forEach((draw) => draw());
}
fitCharts();  // now that the charts are in the page
addEventListener('resize', fitCharts);
