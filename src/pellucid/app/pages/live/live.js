// Draws what the server tells of a lesson: `still` when it begins, `frame` for a moment of it, `state` for its notes.
(() => {
  const TILE = 80, SHEET = 460, LARGEST = 16, REPLAY_MS = 120;
  let still = null, frame = null, timer = null, next = 0;
  const pictures = new Map(), at = (id) => document.getElementById(id);
  const css = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
  const fresh = (tag, facts = {}, inside = []) => { const one = Object.assign(document.createElement(tag), facts); one.append(...inside); return one; };
  const chance = (p) => (p === null ? "none" : p >= 0.99995 ? ">0.9999" : p.toFixed(4));
  const short = (value, digits = 4) => (value === null ? "none" : value.toFixed(digits));

  const PIXELS = Uint32Array.from(TABLE, ([red, green, blue], level) => (level ? 255 << 24 | blue << 16 | green << 8 | red : 0)); // level 0 is nothing

  function paint(canvas, picture) {
    const { width, height } = picture, raw = atob(picture.levels);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const context = canvas.getContext("2d"), image = context.createImageData(width, height), out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < raw.length; i++) out[i] = PIXELS[raw.charCodeAt(i)];
    context.putImageData(image, 0, 0);
  }

  const seen = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => { // what is out of view is painted when it comes in
    target.inView = isIntersecting;
    if (isIntersecting && target.picture) paint(target, target.picture);
  }));

  function show(canvas, picture) {
    canvas.picture = picture;
    if (canvas.inView) paint(canvas, picture);
  }

  function sized(canvas, picture, alone) { // whole multiples of a pixel, where there is room
    canvas.style.width = `${alone ? Math.min(SHEET, LARGEST * picture.width) : picture.width * Math.max(1, Math.floor(TILE / picture.width))}px`;
  }

  function ask(kind, sheet, number, canvas, row, column) {
    if (row >= 0 && column >= 0 && row < canvas.height && column < canvas.width) emitEvent("live-cell", { kind, sheet, picture: number, row, column });
  }

  function canvasOf(kind, sheet, number, name) { // clicked, or moved about in by the arrow keys
    const canvas = fresh("canvas", { tabIndex: 0 });
    let row = 0, column = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${name}; arrow keys choose a pixel`);
    canvas.onclick = (event) => {
      const box = canvas.getBoundingClientRect();
      row = Math.floor((event.clientY - box.top) / box.height * canvas.height); column = Math.floor((event.clientX - box.left) / box.width * canvas.width);
      ask(kind, sheet, number, canvas, row, column);
    };
    canvas.onkeydown = (event) => {
      const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [0, 0] }[event.key];
      if (!way) return;
      event.preventDefault();
      row = Math.max(0, Math.min(canvas.height - 1, row + way[0])); column = Math.max(0, Math.min(canvas.width - 1, column + way[1]));
      ask(kind, sheet, number, canvas, row, column);
    };
    return canvas;
  }

  function drawSheets(holder, kind, sheets) {
    const shape = sheets.map((one) => `${one.name}:${one.pictures.map((p) => `${p.width}x${p.height}${p.caption}`)}`).join();
    if (holder.dataset.shape !== shape) { // else the same canvases are painted anew
      holder.dataset.shape = shape;
      holder.querySelectorAll("canvas").forEach((canvas) => seen.unobserve(canvas));
      holder.replaceChildren(...sheets.map((sheet, s) => fresh("div", { className: "sheet" }, [
        fresh("h3", { textContent: sheet.name }), fresh("p"),
        fresh("div", { className: "pictures" }, sheet.pictures.map((picture, p) => {
          const canvas = canvasOf(kind, s, p, `${sheet.name} ${picture.caption}`);
          sized(canvas, picture, sheet.pictures.length === 1);
          seen.observe(canvas);
          return fresh("figure", {}, [canvas, fresh("figcaption", { textContent: picture.caption })]);
        })),
      ])));
    }
    sheets.forEach((sheet, s) => {
      const box = holder.children[s];
      box.querySelector("p").textContent = `${sheet.said}. Strongest colour: ${sheet.scale.toPrecision(3)}`;
      box.querySelectorAll("canvas").forEach((canvas, p) => show(canvas, sheet.pictures[p]));
    });
  }

  function drawCurve() {
    const canvas = at("live-curve"), context = canvas.getContext("2d"), { width, height } = canvas, curve = frame.curve;
    context.clearRect(0, 0, width, height);
    const last = Math.max(1, curve[curve.length - 1][0]), most = Math.max(...curve.flatMap((one) => [one[1] || 0, one[2] || 0]), 1e-9);
    const across = (step) => 4 + (width - 8) * step / last;
    [[2, css("--muted") || "#777", [5, 3]], [1, css("--ink") || "#000", []]].forEach(([column, ink, dash]) => {
      context.beginPath();
      curve.filter((one) => one[column] !== null).forEach((one, i) => {
        const x = across(one[0]), y = height - 4 - (height - 8) * one[column] / most;
        if (i) context.lineTo(x, y); else context.moveTo(x, y);
      });
      context.strokeStyle = ink; context.lineWidth = 1.6; context.setLineDash(dash); context.stroke();
    });
    at("live-curve-said").textContent = `From 0 to ${most.toPrecision(2)}, step 0 to ${last}.`;
    context.beginPath(); context.moveTo(across(frame.step), 0); context.lineTo(across(frame.step), height);
    context.strokeStyle = "#0072b2"; context.lineWidth = 1.2; context.setLineDash([]); context.stroke();
  }

  function drawSlopes() {
    const most = Math.max(...frame.slopes.map((one) => one[1] || 0), 1e-12);
    at("live-slopes").replaceChildren(...frame.slopes.map(([name, size]) => {
      const bar = fresh("i"); bar.style.width = `${(100 * (size || 0) / most).toFixed(1)}%`;
      return fresh("div", {}, [fresh("span", { textContent: name, title: name }), fresh("div", {}, [bar]), fresh("b", { textContent: size === null ? "none yet" : size.toExponential(1) })]);
    }));
  }

  const tooLarge = () => `Not recorded: the model has ${still.parameters.toLocaleString("en")} weights, and at most ${still.most_parameters.toLocaleString("en")} are kept.`;
  const truth = (picture) => picture.labels.join(", ") || "none";

  function button(row, lines) {
    const picture = pictures.get(row), one = fresh("button", { onclick: () => emitEvent("live-choose", row) });
    one.dataset.row = row;
    one.setAttribute("aria-pressed", row === frame.chosen);
    if (picture.src) one.append(fresh("img", { src: picture.src, alt: "" }));
    one.append(...lines.map((line) => fresh("div", { textContent: line })));
    one.title = picture.name;
    return one;
  }

  function drawButtons(holder, list) { // the images are made anew only where others are in view; words change in place
    const rows = list.map(([row]) => row).join();
    if (holder.dataset.rows !== rows) {
      holder.dataset.rows = rows;
      holder.replaceChildren(...list.map(([row, lines]) => button(row, lines)));
    }
    list.forEach(([row, lines], i) => {
      const one = holder.children[i], said = one.querySelectorAll("div");
      one.setAttribute("aria-pressed", row === frame.chosen);
      lines.forEach((line, n) => { if (said[n].textContent !== line) said[n].textContent = line; });
    });
  }

  function drawChosen() {
    const picture = pictures.get(frame.chosen);
    const bars = frame.chances.map(([name, p], number) => {
      const bar = fresh("i"); bar.style.width = `${100 * (p || 0)}%`;
      const line = fresh("button", { className: "chance", onclick: () => emitEvent("live-class", number), title: "The arithmetic of this class" }, [
        fresh("span", { textContent: name, className: picture.labels.includes(name) ? "truth" : "" }), fresh("div", {}, [bar]), fresh("b", { textContent: chance(p) }),
      ]);
      line.dataset.klass = number;
      line.setAttribute("aria-label", `${name}: ${chance(p)}`);
      return line;
    });
    at("live-chosen").replaceChildren(
      fresh("figure", { style: "margin:0;font-size:12px;max-width:130px;overflow-wrap:anywhere" }, [picture.src ? fresh("img", { src: picture.src, alt: "the chosen image" }) : "", fresh("figcaption", {}, [fresh("div", { textContent: picture.name }), fresh("div", { textContent: `in truth ${truth(picture)}` })])]),
      fresh("div", { className: "chances" }, bars),
    );
  }

  function draw() {
    const [train, valid, accuracy] = frame.losses, slider = at("live-at");
    slider.max = frame.count - 1; slider.value = frame.at;
    at("live-where").textContent = `step ${frame.step} of ${still.steps}, epoch ${frame.epoch}${frame.newest ? "" : " (replayed)"}`;
    at("live-losses").innerHTML = `<span class="solid"></span> training ${short(train)}<br><span class="dashed"></span> validation ${short(valid)}, ${accuracy === null ? "" : (100 * accuracy).toFixed(1)}% right`;
    drawCurve(); drawSlopes(); drawChosen();
    drawSheets(at("live-weights"), "weight", frame.weights);
    drawSheets(at("live-activations"), "activation", frame.activations);
    drawButtons(at("live-probes"), still.probes.map((row) => [row, [truth(pictures.get(row))]]));
    drawButtons(at("live-worst"), frame.worst.map((one) => [one.row, [`in truth ${truth(pictures.get(one.row))}`, `called ${one.called}`, `loss ${short(one.loss, 3)}`]]));
  }

  function stop() { clearInterval(timer); timer = null; at("live-play").textContent = "Replay"; }

  function replay() {
    if (timer) { stop(); return; }
    next = Number(at("live-at").value) >= frame.count - 1 ? 0 : Number(at("live-at").value);
    at("live-play").textContent = "Stop";
    let seen = -1; // the next moment is asked for when the last one was drawn
    timer = setInterval(() => {
      if (seen === window.live.frames) return;
      seen = window.live.frames;
      emitEvent("live-at", next);
      next += 1;
      if (next >= frame.count) stop();
    }, REPLAY_MS);
  }

  window.live = {
    frames: 0,
    still(told) {
      still = told; stop();
      ["live-probes", "live-worst"].forEach((id) => { delete at(id).dataset.rows; });
      at("live-told-box").classList.remove("open");
      at("live-told").innerHTML = "<p>Click any pixel of a weight or an activation, or a class: its number is worked out here.</p>";
    },
    picture(told) { pictures.set(told.row, told); },
    frame(told) { frame = told; draw(); window.live.frames += 1; emitEvent("live-drawn"); },
    state(told) {
      const box = at("live-doctor"), note = at("live-note");
      if (!still.own) box.replaceChildren("A recording is replayed: the doctor looks while a model learns.");
      else if (told.findings.length) {
        box.replaceChildren(...told.findings.map((one) => fresh("p", {}, [`Step ${one.step}: ${one.told}`, fresh("code", { textContent: `To mend it: ${one.mend}` })])));
      } else box.replaceChildren(told.looks ? `Looked at ${told.looks} steps, and found nothing wrong so far.` : "Looks at steps as they are taken.");
      if (!still.own) note.textContent = `A recording of ${still.source}: ${still.model}, ${still.parameters.toLocaleString("en")} weights. Run or Step leads back to this page's own model.`;
      else if (told.problem) note.textContent = told.problem;
      else if (told.finished) note.textContent = "Done. Drag the slider, or press Replay. Reset begins anew.";
      else if (!still.recorded) note.textContent = tooLarge();
      else note.textContent = told.begun || told.running ? "" : "Press Run; Step takes one mini-batch.";
      window.onbeforeunload = told.unsaved ? (event) => event.preventDefault() : null;
    },
    told({ lines, step }) {
      at("live-told-box").classList.add("open");
      at("live-told").replaceChildren(fresh("pre", { textContent: lines.length ? `${lines.join("\n")}\n(at step ${step})` : "There is no number at this place." }));
    },
    ready() {
      at("live-at").oninput = (event) => { stop(); emitEvent("live-at", Number(event.target.value)); };
      at("live-play").onclick = replay;
      document.addEventListener("keydown", (event) => {
        if (event.key !== " " || !event.target.closest || event.target.closest("input, button, a, select, textarea, [role=listbox], canvas")) return;
        event.preventDefault();
        emitEvent("live-toggle");
      });
    },
  };
})();
