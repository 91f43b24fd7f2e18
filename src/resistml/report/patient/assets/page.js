/* What if: controls change the record that the model is told; the page shows its new answer. */
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const model = read("model"), recorded = read("record");
  const section = document.getElementById("what-if");
  const form = section.querySelector("form"), result = section.querySelector(".result");
  const marker = (column) => model.panel.find((m) => m.id === column);
  const name = (strategy) => model.arms.find((a) => a.strategy === strategy).name;
  const before = resistml.answer(model, recorded);

  const percent = (p) => {
    const whole = Math.round(100 * p);
    return whole === 0 && p > 0 ? "<1%" : whole === 100 && p < 1 ? ">99%" : `${whole}%`;
  };
  const signed = (x) => {
    const text = `${x < 0 ? "\u2212" : "+"}${Math.abs(x).toFixed(2)}`;
    return Number(x.toFixed(2)) === 0 ? "0.00" : text;
  };
  function number(x) {
    if (x === 0) return "0";
    const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(x))));
    return x.toFixed(Math.min(places, 12));
  }
  function words(control, value) {
    const { kind, unit, column } = control.dataset, known = marker(column);
    if (known && known.limit !== null && value < known.limit) {
      return `below ${known.limit}${unit === "" || unit === "%" ? unit : ` ${unit}`}`;
    }
    const text = kind === "age" || kind === "ecog" ? String(value) : number(value);
    return text + (unit === "" || unit === "%" ? unit : ` ${unit}`);
  }

  /* Each control: how it is read, how it is shown, and how it goes back to the record. */
  const controls = [...form.querySelectorAll(".control")].map((node) => {
    const { column, kind } = node.dataset;
    const select = node.querySelector("select"), slider = node.querySelector("input[type=range]");
    const seen = node.querySelector("input[type=checkbox]"), output = node.querySelector("output");
    const original = recorded[column] ?? null;
    if (select) {
      return {
        column, node, show() {},
        value: () => (select.value === "" ? null : Number(select.value)),
        original,
      };
    }
    const start = slider.value;  /* where the browser put it, on the slider's own steps */
    const own = marker(column);
    const value = () => {
      if (!seen.checked) return null;
      if (slider.value === start && original !== null) return original;
      return own ? resistml.valueAt(own, Number(slider.value)) : Number(slider.value);
    };
    slider.addEventListener("input", () => { seen.checked = true; });
    return {
      column, node, value, original,
      show(answer) {
        const now = value();
        if (now !== null) output.value = words(node, now);
        else {
          const place = model.panel.findIndex((m) => m.id === column);
          output.value = place < 0 ? "unmeasured"
            : `unmeasured, about ${words(node, resistml.valueAt(own, answer.f[place]))}`;
        }
        slider.setAttribute("aria-valuetext", output.value);
      },
    };
  });

  const at = (node, attributes) =>
    Object.entries(attributes).forEach(([key, x]) => node.setAttribute(key, x));
  const place = (x) => `${(100 * x).toFixed(2)}%`;

  function showArm(row, arm, answer, shown) {
    const strategy = arm.strategy, rank = answer.order.indexOf(strategy) + 1;
    const listed = shown && arm.open;
    row.querySelector(".place").textContent = listed ? String(rank) : "";
    row.querySelector(".chip").hidden = !(listed && arm.tied);
    row.querySelector(".drawn").hidden = row.querySelector(".figures").hidden = !listed;
    row.querySelector(".why").textContent = listed || !shown ? ""
      : arm.eligible ? "too few training patients had it" : "not eligible by this record";
    if (!listed) return;
    const was = before.arms.find((a) => a.strategy === strategy);
    const evidence = row.querySelector(".evidence");
    at(row.querySelector(".interval"), { x1: place(arm.lower), x2: place(arm.upper) });
    at(row.querySelector(".point"), { cx: place(arm.p) });
    if (arm.evidence) {
      at(evidence, {
        x1: place(arm.evidence[0]), x2: place(arm.evidence[1]), visibility: "visible",
      });
    }
    const figures = row.querySelector(".figures"), strong = document.createElement("strong");
    strong.textContent = percent(arm.p);
    figures.replaceChildren(strong, `${percent(arm.lower)} to ${percent(arm.upper)}`);
    const change = Math.round(100 * arm.p) - Math.round(100 * was.p);
    if (was.open && change) {
      figures.append(document.createElement("br"),
        `${change > 0 ? "+" : "\u2212"}${Math.abs(change)} points`);
    }
    row.querySelector("svg").setAttribute(
      "aria-label", `${name(strategy)}: response ${percent(arm.p)}`);
  }

  function showRanking(answer, shown) {
    const list = document.getElementById("if-ranking");
    const order = [...answer.order, ...model.arms.map((a) => a.strategy)];
    const rows = [...list.children].sort(
      (a, b) => order.indexOf(a.dataset.strategy) - order.indexOf(b.dataset.strategy));
    list.replaceChildren(...rows);
    for (const row of rows) {
      showArm(row, answer.arms.find((a) => a.strategy === row.dataset.strategy), answer, shown);
    }
  }

  const reach = Math.max(0.5, ...before.mechanisms.map((x) => 1.6 * Math.abs(x)));
  function showMechanisms(answer, shown) {
    const most = Math.max(reach, ...answer.mechanisms.map(Math.abs));
    const rows = document.querySelectorAll("#if-mechanisms tbody tr");
    rows.forEach((row, g) => {
      const x = answer.mechanisms[g], half = Math.abs(x) / most / 2;
      const bar = row.querySelector("rect"), was = before.mechanisms[g] / most / 2;
      bar.setAttribute("class", x > 0 ? "more" : "less");
      at(bar, { x: place(x < 0 ? 0.5 - half : 0.5), width: place(shown ? half : 0) });
      at(row.querySelector(".was"), { x1: place(0.5 + was), x2: place(0.5 + was) });
      row.querySelector(".n").textContent = shown ? signed(x) : "";
      row.querySelector("svg").setAttribute(
        "aria-label", `${row.querySelector("th").textContent}: ${signed(x)}`);
    });
  }

  const DOUBTS = {
    nothing_measured: () => "nothing is measured",
    mostly_unmeasured: () => "less than half of the panel is measured",
    outlying: (names) => `it is unlike the setting's training patients: ${names.join(", ")}`,
  };
  function say(answer, changed) {
    const said = result.querySelector(".said"), strong = document.createElement("strong");
    const why = answer.doubts.map(([code, names]) => DOUBTS[code](names));
    if (why.length) {
      strong.textContent = "The model would not answer";
      said.replaceChildren(strong, ` for this record: ${why.join("; ")}.`);
      return;
    }
    const first = answer.order.length ? name(answer.order[0]) : "none";
    if (!answer.supported) {
      said.replaceChildren(`First: ${first}. Too few training patients had `
        + `${model.arms[model.asked].name}, so no risk is given under it.`);
      return;
    }
    strong.textContent = percent(answer.risk);
    const doubted = before.doubts.length > 0;
    const rest = ` (${percent(answer.lower)} to ${percent(answer.upper)}). First: ${first}.`;
    const was = changed && !doubted ? `, ${percent(before.risk)} by the record` : "";
    said.replaceChildren(`Risk under ${model.arms[model.asked].name}: `, strong, was + rest);
  }

  function refresh() {
    const record = { ...recorded };
    let changed = false;
    for (const control of controls) {
      const value = control.value();
      const other = value !== control.original;
      record[control.column] = value;
      control.node.classList.toggle("changed", other);
      changed = changed || other;
    }
    const answer = resistml.answer(model, record), shown = !answer.doubts.length;
    controls.forEach((control) => control.show(answer));
    form.querySelector(".answer").hidden = !shown;
    showRanking(answer, shown);
    showMechanisms(answer, shown && answer.supported);
    say(answer, changed);
    result.querySelector("button").disabled = !changed;
    return answer;
  }

  form.addEventListener("input", refresh);
  form.addEventListener("reset", () => setTimeout(refresh, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = result.hidden = false;
  refresh();
})();
