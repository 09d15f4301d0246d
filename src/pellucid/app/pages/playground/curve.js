// Losses on the way, as a curve that is thinned out where it grows long; and the newest of them in words.
const MOST_POINTS = 2000; // more than a screen has pixels
const curve = { points: [], every: 1, given: 0 };

function thinned(list) { // every second one where there are too many; the first stays
  return list.length > MOST_POINTS ? list.filter((_, i) => i % 2 === 0) : list;
}

function remember(kept, losses) { // equal gaps between what is kept, however much is given
  if (kept.given % kept.every === 0) {
    kept.points.push(losses);
    const less = thinned(kept.points);
    if (less.length < kept.points.length) { kept.points = less; kept.every *= 2; }
  }
  kept.given += 1;
  return kept;
}

function forget() { curve.points = []; curve.every = 1; curve.given = 0; }

function curvePlace(canvas, shown, column) { // where each loss lies in the picture
  const { width, height } = canvas, last = Math.max(1, shown[shown.length - 1][0]);
  const most = shown.reduce((high, one) => Math.max(high, one[1], one[2]), 1e-9);
  return shown.map((one) => [4 + (width - 8) * one[0] / last, height - 4 - (height - 8) * one[column] / most]);
}

function drawCurve() {
  const canvas = at("curve"), context = canvas.getContext("2d"), shown = [...curve.points, frame.losses];
  context.clearRect(0, 0, canvas.width, canvas.height);
  [[2, css("--muted"), [8, 5]], [1, css("--ink"), []]].forEach(([column, ink, dash]) => {
    context.beginPath();
    curvePlace(canvas, shown, column).forEach(([x, y], i) => { if (i) context.lineTo(x, y); else context.moveTo(x, y); });
    context.strokeStyle = ink; context.lineWidth = 3; context.setLineDash(dash); context.stroke();
  });
}

const percent = (share) => (share === null || share === undefined ? "" : `, ${(100 * share).toFixed(1)}% wrong`);

function tell() {
  const [step, train, test, trainError, testError] = frame.losses;
  at("epoch").textContent = frame.epoch.toFixed(frame.epoch < 10 ? 1 : 0);
  at("step-number").textContent = step;
  tellStalled();
  at("loss-train").textContent = `training ${train.toFixed(4)}${percent(trainError)}`;
  at("loss-test").textContent = `test ${test.toFixed(4)}${percent(testError)}`;
}

function tellStalled() { // beside the epoch; said once, not with every frame
  const told = frame.stalled, shown = at("stalled"), said = told ? `${told.said} ${told.link}` : "";
  if (shown.dataset.said === said) return;
  shown.dataset.said = said;
  shown.hidden = !told;
  shown.replaceChildren(...(told ? [told.said] : []));
  if (told && told.link) shown.append(" ", element("a", { href: `?${told.link}` }, "Try settings that do"), ".");
}

function readyCurve() {
  const canvas = at("curve"), told = at("curve-said");
  canvas.onmousemove = (event) => {
    if (!frame) return;
    const box = canvas.getBoundingClientRect(), x = (event.clientX - box.left) * canvas.width / box.width, shown = [...curve.points, frame.losses];
    const away = curvePlace(canvas, shown, 1).map(([px]) => Math.abs(px - x)), [step, train, test] = shown[away.indexOf(Math.min(...away))];
    told.textContent = `step ${step}: training ${train.toFixed(4)}, test ${test.toFixed(4)}`;
  };
  canvas.onmouseleave = () => { told.textContent = ""; };
  for (const part of ["train", "test"]) at(`loss-${part}`).onclick = () => choose({ about: "loss", part });
  at("epochs").onclick = () => choose({ about: "epoch" });
}
