'use strict';
// Numbers from the page's data, and images made of them.

const data = JSON.parse(document.getElementById('data').textContent);
const dark = matchMedia('(prefers-color-scheme: dark)');
const redraws = [];  // functions that draw again when light changes to dark
const charts = [];   // those that draw again when the width of the page changes

/** An element: make('p', {class: 'faint'}, 'text', other, …). */
function make(tag, attributes, ...content) {
  const svg = ['svg', 'path', 'line', 'circle', 'rect', 'text', 'g'].includes(tag);
  const element = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) :
                        document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...content.filter((part) => part !== null));
  return element;
}

function section(id) {
  return document.getElementById(id);
}

function announce(text) {
  section('announcer').textContent = text;
}

/** A number with a few significant digits: 0.0123, 1,234, 1.2e-7. */
function short(number) {
  if (number === null || number === undefined || Number.isNaN(number)) return 'none';
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return number.toExponential(2);
  if (Number.isInteger(number)) return number.toLocaleString('en');
  return String(Number(number.toPrecision(4)));
}

function percent(share) {
  return (100 * share).toFixed(2) + ' %';
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function floatsOf(base64) {
  return new Float32Array(bytesOf(base64).buffer);
}

/** The colour of a value from -1 to 1: blue below zero, red above it, the paper at zero. */
function colour(value) {
  const zero = dark.matches ? [29, 33, 40] : [250, 250, 250];
  const end = value < 0 ? (dark.matches ? [90, 170, 255] : [20, 90, 190]) :
                          (dark.matches ? [255, 120, 90] : [190, 30, 20]);
  const share = Math.min(1, Math.abs(value)) ** 0.8;
  return zero.map((from, i) => Math.round(from + share * (end[i] - from)));
}

function largest(numbers) {
  let most = 0;
  for (const number of numbers) most = Math.max(most, Math.abs(number));
  return most;
}

/** How numbers of a shape become tiles of rows x cols: a tile for each channel of an image. */
function tilesOf(shape, width) {
  let [rows, cols, count] = [1, 1, 1];
  if (shape.length === 3)
    [rows, cols, count] = shape;
  else if (shape.length === 2)
    [rows, cols] = shape;
  else {
    cols = Math.min(shape[0] || 1, 32);
    rows = Math.ceil((shape[0] || 1) / cols);
  }
  const best = Math.ceil(Math.sqrt(count * 1.6 * rows / cols));
  const across = count === 1 ? 1 : Math.min(count, Math.max(best, 1));
  const down = Math.ceil(count / across);
  const scale = Math.max(1, Math.min(16, Math.floor(width / (across * (cols + 1)))));
  const gap = scale >= 8 ? 6 : 4;
  return {
    rows,
    cols,
    count,
    across,
    down,
    scale,
    gap,
    width: across * cols * scale + (across - 1) * gap,
    height: down * rows * scale + (down - 1) * gap,
    corner(k) {
      return [(k % across) * (cols * scale + gap), Math.floor(k / across) * (rows * scale + gap)];
    }
  };
}

/** A canvas of numbers with this shape, each divided by `most`; `grey` for pictures. */
function drawNumbers(canvas, numbers, shape, most, tiles, grey) {
  canvas.width = tiles.width;
  canvas.height = tiles.height;
  const context = canvas.getContext('2d');
  const channels = shape.length === 3 ? shape[2] : 1;
  for (let k = 0; k < tiles.count; ++k) {
    const [x, y] = tiles.corner(k);
    for (let i = 0; i < tiles.rows * tiles.cols; ++i) {
      if (i * channels + k >= numbers.length) break;
      const value = numbers[i * channels + k] / (most || 1);
      const rgb = grey ? Array(3).fill(Math.round(127.5 + 127.5 * value)) : colour(value);
      context.fillStyle = `rgb(${rgb})`;
      context.fillRect(
          x + (i % tiles.cols) * tiles.scale, y + Math.floor(i / tiles.cols) * tiles.scale,
          tiles.scale, tiles.scale);
    }
  }
}

/** A canvas with a picture of bytes in grey or colour. */
function picture(item, label) {
  const canvas = make('canvas', {role: 'img', 'aria-label': label});
  [canvas.width, canvas.height] = [item.cols, item.rows];
  const pixels = canvas.getContext('2d').createImageData(item.cols, item.rows);
  const bytes = bytesOf(item.bytes);
  for (let i = 0; i < item.rows * item.cols; ++i) {
    for (let c = 0; c < 3; ++c)
      pixels.data[4 * i + c] = bytes[i * item.channels + Math.min(c, item.channels - 1)];
    pixels.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d').putImageData(pixels, 0, 0);
  return canvas;
}
