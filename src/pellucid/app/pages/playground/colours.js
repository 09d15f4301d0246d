// Maps painted in the palette's colours; stripes and a line tell the sides of 0 apart without any colour.
const STRIPE = TABLE.map((parts) => parts.map((part) => Math.round(0.8 * part)));

const levelsOf = (bytes) => Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));

function paint(canvas, levels, side, apart) { // one pixel a level; every `apart`-th diagonal is darker where it is below 0, if any is
  const context = canvas.getContext("2d"), image = context.createImageData(side, side);
  for (let i = 0; i < levels.length; i++) {
    const dark = apart && levels[i] < 128 && (i % side + Math.floor(i / side)) % apart === 0;
    const [red, green, blue] = (dark ? STRIPE : TABLE)[levels[i]];
    image.data[4 * i] = red; image.data[4 * i + 1] = green; image.data[4 * i + 2] = blue; image.data[4 * i + 3] = 255;
  }
  if (canvas.width !== side) { canvas.width = side; canvas.height = side; }
  context.putImageData(image, 0, 0);
}

function stripe(context, levels, side, view) { // thin lines over all that is below 0, as sharp as the screen can draw them
  const mask = element("canvas", { width: side, height: side });
  const image = mask.getContext("2d").createImageData(side, side);
  levels.forEach((level, i) => { image.data[4 * i + 3] = level < 128 ? 255 : 0; });
  mask.getContext("2d").putImageData(image, 0, 0);
  const lines = element("canvas", { width: view, height: view }), ink = lines.getContext("2d");
  ink.strokeStyle = "rgb(0 0 0 / .3)"; ink.lineWidth = 1.5;
  ink.beginPath();
  for (let x = 0; x < 2 * view; x += 14) { ink.moveTo(x, 0); ink.lineTo(x - view, view); }
  ink.stroke();
  ink.globalCompositeOperation = "destination-in";
  ink.drawImage(mask, 0, 0, view, view);
  context.drawImage(lines, 0, 0);
}

function outlineZero(context, levels, side, view) { // the line where values are 0, square by square between four pixels
  const to = view / side, value = (column, row) => levels[row * side + column] - 128;
  context.beginPath();
  for (let row = 0; row + 1 < side; row++) for (let column = 0; column + 1 < side; column++) {
    const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]], met = [];
    corners.forEach(([x1, y1], i) => {
      const [x2, y2] = corners[(i + 1) % 4], a = value(x1, y1), b = value(x2, y2);
      if (a > 0 !== b > 0) { const k = a / (a - b); met.push([x1 + k * (x2 - x1) + 0.5, y1 + k * (y2 - y1) + 0.5]); }
    });
    for (let i = 0; i + 1 < met.length; i += 2) {
      context.moveTo(met[i][0] * to, met[i][1] * to);
      context.lineTo(met[i + 1][0] * to, met[i + 1][1] * to);
    }
  }
  context.strokeStyle = "#16202c"; context.lineWidth = 2; context.setLineDash([]);
  context.stroke();
}
