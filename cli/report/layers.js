// An example through all layers: the values and their gradients as images.

/** The layers of an example with decoded numbers, the input first. */
function decoded(example) {
  return example.layers.map((layer) => ({
                              shape: layer.shape,
                              kept: layer.kept,
                              values: floatsOf(layer.values),
                              gradients: floatsOf(layer.gradients)
                            }));
}

function predictionText(example) {
  if (data.classes === 0) {
    return `Prediction ${example.predictions.map(short).join(', ')}; target ${
        short(example.target)}; loss ${short(example.loss)}.`;
  }
  if (example.predictions.length === 0)
    return `Its class is ${example.target}; loss ${short(example.loss)}.`;
  const best = example.predictions.indexOf(Math.max(...example.predictions));
  const output =
      data.probabilities ? percent(example.predictions[best]) : short(example.predictions[best]);
  return `Its class is ${example.target}; the model predicts ${data.names[best]} (${
      output}). Loss ${short(example.loss)}.`;
}

function showExample() {
  const place = section('example');
  if (!data.examples || data.examples.examples.length === 0) return place.remove();
  const {examples, part} = data.examples;
  const choice = make(
      'select', {id: 'which'},
      ...examples.map(
          (example, i) => make(
              'option', {value: i},
              `${part} ${data.noun} ${example.number}: ${data.classes ? 'class' : 'target'} ${
                  example.target}`)));
  const about = make('p');
  const rows = make('div');
  const draw = () => {
    const example = examples[choice.value];
    about.textContent = predictionText(example);
    const layers = decoded(example);
    rows.replaceChildren(...layers.map((layer, i) => layerRow(layers, i, Number(choice.value))));
  };
  choice.addEventListener('change', draw);
  place.append(
      make(
          'p', {},
          'Each layer\'s output for one ' + data.noun +
              ', and the gradient of the loss for each of its ' +
              'numbers: how the loss changes if that number grows. Blue is negative, red positive; the strongest colour is the ' +
              'largest size. ' +
              (data.examples.convolutions.length ?
                   'Click on a pixel of a convolution to see the sum behind it; or ' +
                       'focus it, move with the arrow keys and with Page Up and Page Down between channels, and press Enter.' :
                   '')),
      make('p', {}, make('label', {for: 'which'
           }, 'Example: '), choice), about, rows);
  draw();
  redraws.push(draw);
}

function layerRow(layers, i, which) {
  const layer = layers[i];
  const info = i === 0 ? {name: 'input', type: '', inputs: []} : data.layers[i - 1];
  const index = data.examples.convolutions.findIndex((c) => c.layer === i - 1);
  const shape = `[${layer.shape.join(', ')}]`;
  const most = largest(layer.values), steep = largest(layer.gradients);
  const tiles = tilesOf(layer.kept, 440);
  const cut = layer.kept.length === 3 && layer.kept[2] < layer.shape[2];
  const title = make(
      'div', {}, make('h3', {}, info.name),
      make(
          'div', {class: 'faint'},
          `${info.type} ${shape}${cut ? `, the first ${layer.kept[2]} channels` : ''}`));
  const canvas = make('canvas', {role: 'img', 'aria-label': `Output of ${info.name}, ${shape}`});
  drawNumbers(
      canvas, layer.values, layer.kept, most, tiles,
      i === 0 && layer.shape.length === 3 && layer.shape[2] === 1);
  const back = make(
      'canvas', {role: 'img', 'aria-label': `Gradient of the loss for the output of ${info.name}`});
  drawNumbers(back, layer.gradients, layer.kept, steep, tiles, false);
  const row = make(
      'div', {class: 'layer'}, title,
      make('figure', {}, canvas, make('figcaption', {}, `values up to ${short(most)}`)),
      make(
          'figure', {}, back,
          make('figcaption', {}, steep ? `gradients up to ${short(steep)}` : 'no gradient')));
  if (index >= 0) makeActive(canvas, row, layers, tiles, index, which, info.name);
  return row;
}

/** Lets the reader choose a pixel of a convolution's output, by mouse or keyboard. */
function makeActive(canvas, row, layers, tiles, index, which, name) {
  const convolution = data.examples.convolutions[index];
  const layer = layers[convolution.layer + 1];
  const at = {i: tiles.rows >> 1, j: tiles.cols >> 1, k: 0};
  const panel = make('div', {
    class: 'panel',
    hidden: '',
    tabindex: '-1',
    role: 'region',
    'aria-label': `Sum behind a pixel of ${name}`
  });
  row.append(panel);
  canvas.classList.add('active');
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'application');
  canvas.setAttribute('aria-roledescription', 'image of channels');
  canvas.setAttribute(
      'aria-label',
      `Output of ${
          name}: arrow keys choose a pixel, Page Up and Page Down a channel, Enter shows its sum`);
  const clean = document.createElement('canvas');
  [clean.width, clean.height] = [canvas.width, canvas.height];
  clean.getContext('2d').drawImage(canvas, 0, 0);
  const mark = () => {
    const context = canvas.getContext('2d');
    context.drawImage(clean, 0, 0);
    const [x, y] = tiles.corner(at.k);
    context.lineWidth = 2;
    context.strokeStyle = dark.matches ? '#ffe14d' : '#00a000';
    context.strokeRect(
        x + at.j * tiles.scale - 1, y + at.i * tiles.scale - 1, tiles.scale + 2, tiles.scale + 2);
  };
  const value = () => layer.values[(at.i * tiles.cols + at.j) * tiles.count + at.k];
  const show = () => {
    mark();
    panel.hidden = false;
    showSum(panel, layers, convolution, index, which, at, name);
    announce(panel.querySelector('.total').textContent);
  };
  canvas.addEventListener('click', (event) => {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * canvas.width / box.width;
    const y = (event.clientY - box.top) * canvas.height / box.height;
    const [wide, tall] =
        [tiles.cols * tiles.scale + tiles.gap, tiles.rows * tiles.scale + tiles.gap];
    const k = Math.floor(y / tall) * tiles.across + Math.floor(x / wide);
    if (k < 0 || k >= tiles.count) return;
    at.k = k;
    at.j = Math.min(tiles.cols - 1, Math.max(0, Math.floor((x % wide) / tiles.scale)));
    at.i = Math.min(tiles.rows - 1, Math.max(0, Math.floor((y % tall) / tiles.scale)));
    show();
  });
  canvas.addEventListener('keydown', (event) => {
    const moves = {
      ArrowUp: ['i', -1, tiles.rows],
      ArrowDown: ['i', 1, tiles.rows],
      ArrowLeft: ['j', -1, tiles.cols],
      ArrowRight: ['j', 1, tiles.cols],
      PageUp: ['k', -1, tiles.count],
      PageDown: ['k', 1, tiles.count]
    };
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return show();
    }
    if (!(event.key in moves)) return;
    event.preventDefault();
    const [axis, step, length] = moves[event.key];
    at[axis] = (at[axis] + step + length) % length;
    mark();
    announce(`channel ${at.k}, row ${at.i}, column ${at.j}: ${short(value())}`);
  });
}
