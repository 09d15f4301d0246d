// Colours of values: blue above 0, orange below, white at 0; a byte a value, 128 is 0.
const PLUS = [0, 114, 178], MINUS = [213, 94, 0]; // told apart by the colour-blind
const rgb = (parts) => `rgb(${parts.join(",")})`;

function colour(level) { // 1..255, 128 is white
  const share = (level - 128) / 127, to = share > 0 ? PLUS : MINUS, k = Math.min(1, Math.abs(share));
  return to.map((part) => Math.round(255 + (part - 255) * k));
}
const TABLE = Array.from({ length: 256 }, (_, level) => colour(level));
