// The sum behind a pixel of a convolution, and the three convolutions of training.

/** Numbers in a grid; null is a place outside of the image. */
function grid(caption, numbers, columns) {
  const rows = [];
  const most = largest(numbers.filter((n) => n !== null));
  for (let i = 0; i < numbers.length; i += columns) {
    rows.push(make('tr', {}, ...numbers.slice(i, i + columns).map((number) => {
      if (number === null) return make('td', {class: 'pad', title: 'outside of the image'}, '0');
      const share = most ? Math.abs(number) / most : 0;
      const ink = number < 0 ? 'var(--a)' : 'var(--b)';
      return make(
          'td',
          {style: `background:color-mix(in srgb, ${ink} ${Math.round(45 * share)}%, transparent)`},
          number.toFixed(3));
    })));
  }
  return make('table', {}, make('caption', {}, caption), make('tbody', {}, ...rows));
}

const add = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
const times = (a, b) => a.map((number, i) => (number || 0) * b[i]);
const sign = (text) => make('span', {'aria-hidden': 'true'}, text);

function activationOf(layer) {
  try {
    return JSON.parse(data.config).layers[layer].activation || '';
  } catch {
    return '';
  }
}

/** Everything that the sums of one convolution for one example need. */
function operands(layers, convolution, index, which) {
  const example = data.examples.examples[which];
  const input = layers[convolution.input + 1], output = layers[convolution.layer + 1];
  const [R, S, C, K] = convolution.shape;
  const [H, W, channels] = input.shape, [Ho, Wo] = output.shape;
  const {rows, cols, groups} = convolution;
  const x = input.values, w = floatsOf(convolution.weights), ybar = floatsOf(example.ybars[index]);
  const inside = (a, b) => a >= 0 && a < H && b >= 0 && b < W;
  const group = (k) => Math.floor(k / (K / groups));
  return {
    R,
    S,
    C,
    K,
    H,
    W,
    Ho,
    Wo,
    rows,
    cols,
    groups,
    x,
    w,
    ybar,
    input,
    output,
    wbar: floatsOf(example.wbars[index]),
    group,
    weight: (r, s, c, k) => w[((r * S + s) * C + c) * K + k],
    /** The place that the kernel's element (r, s) reads for the output (i, j). */
    place: (i, j, r, s) =>
        [i * rows.stride + r * rows.dilation - rows.lo,
         j * cols.stride + s * cols.dilation - cols.lo],
    xAt: (a, b, c) => inside(a, b) ? x[(a * W + b) * channels + c] : null,
    ybarAt: (i, j, k) => i >= 0 && i < Ho && j >= 0 && j < Wo ? ybar[(i * Wo + j) * K + k] : null
  };
}

/** Calls use(r, s) for each element of the kernel and collects what it gives. */
function overKernel(o, use) {
  return Array.from({length: o.R * o.S}, (_, n) => use(Math.floor(n / o.S), n % o.S));
}

function showSum(panel, layers, convolution, index, which, at, name) {
  const o = operands(layers, convolution, index, which);
  const {i, j, k} = at;
  const offset = o.group(k) * o.C;  // the first input channel of the output channel's group
  const parts = Array.from({length: o.C}, (_, c) => {
    const patch = overKernel(o, (r, s) => o.xAt(...o.place(i, j, r, s), offset + c));
    const weights = overKernel(o, (r, s) => o.weight(r, s, c, k));
    const products = times(patch, weights);
    return {c, patch, weights, products, sum: add(products)};
  });
  const bias = convolution.bias ? floatsOf(convolution.bias)[k] : 0;
  const sum = add(parts.map((part) => part.sum));
  const y = o.output.values[(i * o.Wo + j) * o.K + k];
  const activation = activationOf(convolution.layer);
  const shown = parts.slice(0, 4);
  const total = make(
      'p', {class: 'total'},
      `${name}, channel ${k}, row ${i}, column ${j}: the sum of ${
          parts.length * o.R * o.S} products is ${short(sum)}` +
          (convolution.bias ? `, with the bias ${short(bias)} it is ${short(sum + bias)}` : '') +
          (activation ? `, and ${activation} gives ${short(y)}.` : `. The output is ${short(y)}.`));
  const sums = shown.map(
      (part) => make(
          'div', {class: 'sum'}, grid(`input, channel ${offset + part.c}`, part.patch, o.S),
          sign('×'), grid('weights', part.weights, o.S), sign('='),
          grid('products', part.products, o.S), make('span', {}, `sum ${short(part.sum)}`)));
  const rest = parts.slice(shown.length);
  if (rest.length) {
    sums.push(make(
        'details', {}, make('summary', {}, `Sums of the other ${rest.length} input channels`),
        make(
            'div', {class: 'wide'},
            tableOf(
                ['input channel', 'sum of products'],
                rest.map((part) => [String(offset + part.c), short(part.sum)])))));
  }
  panel.replaceChildren(total, ...sums, ...threeCalls(o, convolution, at, name));
}

/** True if no other layer adds to the gradient of the convolution's input. */
function onlyReader(convolution) {
  const input = convolution.input < 0 ? 'input' : data.layers[convolution.input].name;
  return data.layers.filter((layer) => layer.inputs.includes(input)).length === 1;
}

function threeCalls(o, convolution, {i, j, k}, name) {
  const x = `x [${o.H},${o.W},${o.C * o.groups}]`, w = `w [${convolution.shape}]`,
        ybar = `ybar [${o.Ho},${o.Wo},${o.K}]`;
  const simple = o.rows.stride * o.rows.dilation * o.cols.stride * o.cols.dilation * o.groups === 1;
  const parts = [
    make('h3', {}, `The three convolutions of ${name}`),
    make(
        'p', {class: 'faint'},
        'convolve(a, b, p) flips b, slides it over a with p zeros around it, and adds products. ' +
            'As the layer itself does not flip its weights, the forward pass flips them once more.')
  ];
  const rule = (text) => make('code', {class: 'rule'}, text);
  parts.push(rule(`y = convolve(${x}, flip(${w}), p = ${convolution.forward})`));

  // The input pixel in the middle of the patch, or the nearest one.
  const clamp = (value, length) => Math.max(0, Math.min(length - 1, value));
  const middle = o.place(i, j, o.R >> 1, o.S >> 1);
  const [a, b] = [clamp(middle[0], o.H), clamp(middle[1], o.W)];
  const c = o.group(k) * o.C;
  if (convolution.for_input) {
    const padding = simple && o.R === o.S ?
        `k - p - 1 = ${o.R} - ${convolution.forward} - 1 = ${convolution.for_input}` :
        convolution.for_input;
    parts.push(rule(`xbar = convolve(${ybar}, ${w}, ${padding})`));
    if (simple) {
      const patch = (channel) => overKernel(
          o,
          (r, s) =>
              o.ybarAt(a + o.rows.lo - (o.R - 1 - r), b + o.cols.lo - (o.S - 1 - s), channel));
      const flipped = (channel) =>
          overKernel(o, (r, s) => o.weight(o.R - 1 - r, o.S - 1 - s, 0, channel));
      const products = times(patch(k), flipped(k));
      const stored = o.input.gradients[(a * o.W + b) * o.input.shape[2] + c];
      let sum = 0;
      for (let channel = 0; channel < o.K; ++channel)
        sum += add(times(patch(channel), flipped(channel)));
      parts.push(
          make(
              'div', {class: 'sum'}, gridOfSmall(`ybar, channel ${k}`, patch(k), o.S), sign('×'),
              grid('w, flipped', flipped(k), o.S), sign('='),
              gridOfSmall('products', products, o.S),
              make('span', {}, `sum ${short(add(products))}`)),
          make(
              'p', {},
              `xbar[${a}, ${b}, ${c}]: the sums of all ${o.K} channels of ybar make ${short(sum)}.` +
                  (onlyReader(convolution) ? ` The program's own number is ${short(stored)}.` : '')));
    }
  }
  if (convolution.for_weights) {
    parts.push(rule(`wbar = convolve(${x}, flip(${ybar}), p = ${convolution.for_weights})`));
    const gradient = overKernel(o, (r, s) => {
      let sum = 0;
      for (let u = 0; u < o.Ho; ++u) {
        for (let v = 0; v < o.Wo; ++v)
          sum += (o.xAt(...o.place(u, v, r, s), c) || 0) * o.ybarAt(u, v, k);
      }
      return sum;
    });
    const stored = overKernel(o, (r, s) => o.wbar[(r * o.S + s) * o.C * o.K + k]);
    const off = largest(gradient.map((number, n) => number - stored[n]));
    parts.push(
        make(
            'div', {class: 'sum'},
            gridOfSmall(`wbar, from input channel ${c} to output channel ${k}`, gradient, o.S)),
        make(
            'p', {},
            `Each number is a sum of ${
                o.Ho * o.Wo} products x · ybar. The largest difference from the program's ` +
                `own gradient is ${off.toExponential(1)}.`));
  }
  return parts;
}

/** A grid whose numbers may be very small: all share a power of ten. */
function gridOfSmall(caption, numbers, columns) {
  const most = largest(numbers.filter((n) => n !== null));
  if (most === 0 || most >= 0.01) return grid(caption, numbers, columns);
  const power = Math.floor(Math.log10(most));
  return grid(
      `${caption}, times 10^${power}`, numbers.map((n) => n === null ? null : n / 10 ** power),
      columns);
}
