/* The model, as it scores in Python, of one patient's setting: numbers in, numbers out.

   `answer(model, record)` takes what `resistml.report.patient.script` wrote, and a record: a value
   in its own unit for each column, null where unmeasured. It names Python's functions, which it
   follows line by line; tests hold the two against each other to 1e-6. */
"use strict";
const resistml = (() => {
  const TINY = 1e-9;
  const sum = (xs) => xs.reduce((a, b) => a + b, 0);
  const mean = (xs) => sum(xs) / xs.length;
  const clip = (x, low, high) => Math.min(Math.max(x, low), high);
  const sigmoid = (x) => 0.5 * (1 + Math.tanh(0.5 * x));
  const none = (x) => x === null || x === undefined || Number.isNaN(x);

  /* features/links: the scale on which a marker is normal, and back. */
  function forward(kind, value) {
    if (kind === "mutation" || kind === "measure") return value;
    if (kind === "count") return Math.log(Math.max(value, 0) + 0.5);
    if (kind === "expression" || kind === "log_measure") return Math.log(Math.max(value, TINY));
    const share = clip(kind === "percent" ? value / 100 : value, TINY, 1 - TINY);
    return Math.log(share / (1 - share));
  }
  function inverse(kind, link) {
    if (kind === "mutation" || kind === "measure") return link;
    if (["count", "expression", "log_measure"].includes(kind)) return Math.exp(link);
    const share = 1 / (1 + Math.exp(-link));
    return kind === "percent" ? share * 100 : share;
  }
  /* features/matrix.standardised */
  function standardised(marker, value) {
    const below = marker.limit !== null && value < marker.limit;
    return (forward(marker.kind, below ? marker.limit / 2 : value) - marker.centre) / marker.scale;
  }
  /* A value in the marker's unit that stands at f. */
  function valueAt(marker, f) {
    const x = inverse(marker.kind, f * marker.scale + marker.centre);
    return clip(marker.kind === "count" ? Math.round(x) : x, marker.low, marker.high);
  }

  /* Gaussian elimination with pivots: solves A x = b for one right-hand side. */
  function solve(A, b) {
    const n = b.length, M = A.map((row, i) => [...row, b[i]]);
    for (let k = 0; k < n; k++) {
      let p = k;
      for (let i = k + 1; i < n; i++) if (Math.abs(M[i][k]) > Math.abs(M[p][k])) p = i;
      [M[k], M[p]] = [M[p], M[k]];
      for (let i = k + 1; i < n; i++) {
        const factor = M[i][k] / M[k][k];
        for (let j = k; j <= n; j++) M[i][j] -= factor * M[k][j];
      }
    }
    const x = new Array(n);
    for (let k = n - 1; k >= 0; k--) {
      let rest = M[k][n];
      for (let j = k + 1; j < n; j++) rest -= M[k][j] * x[j];
      x[k] = rest / M[k][k];
    }
    return x;
  }

  /* features/expected.deviations: f less its mean, the unmeasured where they are expected. */
  function deviations(model, f) {
    const seen = [], hidden = [];
    f.forEach((x, j) => (none(x) ? hidden : seen).push(j));
    const out = f.map((x, j) => (none(x) ? 0 : x - model.panel[j].mean));
    if (seen.length && hidden.length) {
      const held = solve(
        seen.map((i) => seen.map((j) => model.covariance[i][j])), seen.map((j) => out[j]));
      for (const m of hidden) out[m] = sum(seen.map((j, k) => model.covariance[j][m] * held[k]));
    }
    return out;
  }

  /* features/ramps and features/terms: (panel, segments) ramps about their means. */
  function bent(model, f, shift) {
    const edges = [-Infinity, ...model.knots, Infinity];
    return model.panel.map((marker, j) => {
      if (marker.kind === "mutation") return marker.shares.map((_, k) => (k ? 0 : shift[j]));
      if (none(f[j])) return marker.shares.map((share) => shift[j] * share);
      return marker.ramp_means.map((usual, k) => {
        const low = edges[k], high = edges[k + 1];
        return clip(shift[j] + marker.mean, low, high) - clip(0, low, high) - usual;
      });
    });
  }
  const perUnit = (marker) =>
    marker.kind === "mutation" ? marker.shares.map((_, k) => (k ? 0 : 1)) : marker.shares;
  const weight = (member, arm, a, j, k) =>
    arm.exposure[j] * member.slopes[j][k] + member.own[a][j];
  const part = (member, arm, a, j, ramps) =>
    sum(ramps.map((ramp, k) => weight(member, arm, a, j, k) * ramp));

  /* features/matrix: the clinical columns under an arm; NaN where unmeasured. */
  function clinical(model, record, arm) {
    const age = none(record.age) ? NaN : record.age, ecog = none(record.ecog) ? NaN : record.ecog;
    const weak = ecog >= 2, old = age > model.frailty_age;
    const unknown = !(weak || old) && (Number.isNaN(age) || Number.isNaN(ecog));
    const frail = unknown ? NaN : Number(weak || old);
    return [
      Number.isNaN(age) ? NaN : Math.max(age - 60, 0) / 10,
      Number.isNaN(ecog) ? NaN : Number(ecog === 1),
      Number.isNaN(ecog) ? NaN : Number(ecog >= 2),
      none(record.sex) ? NaN : record.sex,
      arm.intensified ? frail : 0,
    ];
  }
  /* The row of the matrix that trees see: engaged markers, then clinical columns, as float32. */
  const row = (arm, f, extra) =>
    [...f.map((x, j) => (arm.exposure[j] === 0 ? 0 : none(x) ? NaN : arm.exposure[j] * x)),
      ...extra].map(Math.fround);

  /* A tree is a leaf's value, or [column, threshold, missing goes left, share left, left, right];
     a column below 0 stands for one that is 0 in everyone of this setting. */
  const at = (x, column) => (column < 0 ? 0 : x[column]);
  const left = (node, x) => {
    const value = at(x, node[0]);
    return Number.isNaN(value) ? Boolean(node[2]) : value < Math.fround(node[1]);
  };
  function leaf(tree, x) {
    while (typeof tree !== "number") tree = tree[left(tree, x) ? 4 : 5];
    return tree;
  }
  function booster(member, x) {
    let out = Math.fround(member.offset);  /* XGBoost adds in float32, so do we */
    for (const tree of member.trees) out = Math.fround(out + leaf(tree, x));
    return out;
  }

  /* predict/trees.product_game, for one row: what each player has of a product. */
  function shared(inside, outside) {
    const k = inside.length, factorial = [1];
    for (let i = 1; i <= k; i++) factorial.push(factorial[i - 1] * i);
    return inside.map((mine, g) => {
      let bySize = [1];
      inside.forEach((a, other) => {
        if (other === g) return;
        const next = new Array(bySize.length + 1).fill(0);
        bySize.forEach((x, s) => { next[s] += x * outside[other]; next[s + 1] += x * a; });
        bySize = next;
      });
      return (mine - outside[g]) * sum(
        bySize.map((x, s) => x * factorial[s] * factorial[k - s - 1] / factorial[k]));
    });
  }
  /* predict/trees.shapley_values: what each column adds, by its place; those below 0 are last. */
  function shapley(trees, x) {
    const out = new Array(x.length + 1).fill(0);
    const walk = (tree, players) => {
      if (typeof tree === "number") {
        const names = [...players.keys()];
        const got = shared(names.map((n) => players.get(n)[0]), names.map((n) => players.get(n)[1]));
        names.forEach((n, i) => { out[n < 0 ? x.length : n] += tree * got[i]; });
        return;
      }
      const goes = left(tree, x);
      for (const [side, child] of [[true, tree[4]], [false, tree[5]]]) {
        const [follows, share] = players.get(tree[0]) || [1, 1];
        const next = new Map(players);
        next.set(tree[0], [follows * Number(goes === side), share * (side ? tree[3] : 1 - tree[3])]);
        walk(child, next);
      }
    };
    for (const tree of trees) walk(tree, new Map());
    return out;
  }

  /* predict/model.calibrate */
  function calibrated(model, margin) {
    const x = model.calibration.map((k) => k[0]), y = model.calibration.map((k) => k[1]);
    let i = 0;
    while (i < x.length - 2 && x[i + 1] < margin) i++;
    return y[i] + ((y[i + 1] - y[i]) / (x[i + 1] - x[i])) * (margin - x[i]);
  }

  /* features/conditions: null meets nothing. */
  const COMPARE = {
    "==": (x, v) => x === v, "!=": (x, v) => x !== v, "<": (x, v) => x < v,
    "<=": (x, v) => x <= v, ">": (x, v) => x > v, ">=": (x, v) => x >= v,
  };
  const holds = (record, tests) =>
    tests.every(([column, op, v]) => !none(record[column]) && COMPARE[op](record[column], v));

  /* predict/abstain: why the model would not answer; codes and columns. */
  function doubts(model, record, f) {
    const absent = f.filter(none).length;
    if (f.length && absent === f.length) return [["nothing_measured", []]];
    const out = [];
    if (absent / f.length > 0.5) out.push(["mostly_unmeasured", []]);
    if (!model.support) return out;
    const values = (names) => names.map((name) => {
      const j = model.panel.findIndex((m) => m.id === name);
      return j < 0 || model.panel[j].kind === "mutation"
        ? (none(record[name]) ? null : record[name]) : f[j];
    });
    const names = Object.keys(model.support.ranges), seen = values(names);
    const beyond = names.filter((name, i) => !none(seen[i])
      && (seen[i] < model.support.ranges[name][0] || seen[i] > model.support.ranges[name][1]));
    if (beyond.length) { out.push(["outlying", beyond]); return out; }
    const unlike = unlikely(model.support, values);
    if (unlike.length) out.push(["outlying", unlike]);
    return out;
  }
  /* predict/population: the columns by which a record is unlike the training patients. */
  function unlikely(support, values) {
    const people = support.population;
    if (!people) return [];
    const x = values(people.names), seen = x.map((_, j) => j).filter((j) => !none(x[j]));
    const off = seen.map((j) => (x[j] - people.mean[j]) / people.scale[j]);
    const inner = seen.map((i) => seen.map((j) => people.correlation[i][j]));
    const pulled = seen.length ? solve(inner, off) : [];
    const each = seen.map((_, i) => {
      const unit = seen.map((__, j) => Number(i === j));
      return Math.abs(pulled[i] / Math.sqrt(solve(inner, unit)[i]));
    });
    const k = seen.length, spread = 2 / (9 * Math.max(k, 1));
    const ratio = Math.max(sum(off.map((o, i) => o * pulled[i])), 0) / Math.max(k, 1);
    const distance = k ? (Math.cbrt(ratio) - (1 - spread)) / Math.sqrt(spread) : 0;
    const worst = Math.max(0, ...each);
    if (worst > support.limits.deviation || distance > support.limits.distance) {
      const most = Math.min(0.6 * worst, support.limits.deviation);
      return seen.filter((_, i) => each[i] >= most).map((j) => people.names[j]);
    }
    return rare(people, values(people.mutations));
  }
  function rare(people, x) {
    let total = 0, variance = 0;
    const named = [];
    people.shares.forEach((p, i) => {
      if (none(x[i])) return;
      const usual = -(p * Math.log(p) + (1 - p) * Math.log1p(-p));
      const mine = (x[i] === 1 ? -Math.log(p) : -Math.log1p(-p)) - usual;
      total += mine;
      variance += p * (1 - p) * (Math.log(p) - Math.log1p(-p)) ** 2;
      if (mine > 0) named.push(people.mutations[i]);
    });
    return total / Math.sqrt(Math.max(variance, 1e-6)) > people.rarest + 1e-6 ? named : [];
  }

  /* predict/model and predict/widths: one arm. */
  function armOf(model, a, record, state) {
    const arm = model.arms[a], extra = clinical(model, record, arm);
    const plain = extra.map((x) => (Number.isNaN(x) ? 0 : x));
    const x = row(arm, state.f, extra);
    const parts = model.members.map((member) =>
      state.bent.map((ramps, j) => part(member, arm, a, j, ramps)));
    const margins = model.members.map((member, b) => member.intercepts[a]
      + sum(plain.map((c, i) => c * member.clinical[i])) + sum(parts[b]) + booster(member, x));
    const added = model.panel.map((_, j) => mean(parts.map((p) => p[j])));
    let own = arm.width;
    model.panel.forEach((marker, j) => {
      if (none(state.f[j]) && arm.exposure[j] !== 0) {
        const unit = mean(model.members.map((m) => part(m, arm, a, j, perUnit(marker))));
        own += model.widths.missing * unit ** 2;
      } else {
        own += model.widths.slope * added[j] ** 2;
      }
    });
    const margin = mean(margins), n = margins.length;
    const shared = margins.map((m) => Math.sqrt(model.widths.bag / (n - 1)) * (m - margin));
    const half = model.z * Math.sqrt(sum(shared.map((s) => s * s)) + own);
    return {
      strategy: arm.strategy, margin, shared, own, added, plain, x,
      p: sigmoid(-calibrated(model, margin)),
      lower: sigmoid(-calibrated(model, margin + half)),
      upper: sigmoid(-calibrated(model, margin - half)),
      evidence: evidence(model, arm, state, extra, plain),
      eligible: !arm.eligibility.length || arm.eligibility.some((tests) => holds(record, tests)),
      cautions: arm.cautions.filter((c) => holds(record, c.when)).map((c) => c.text),
    };
  }
  /* predict/ensemble: the 90% interval of p(response) over worlds. */
  function evidence(model, arm, state, extra, plain) {
    if (!arm.worlds) return null;
    const unseen = [...state.f.map((x, j) => none(x) && arm.exposure[j] !== 0),
      ...extra.map(Number.isNaN)].map(Number);
    const centred = [...state.bent.map((ramps, j) => arm.exposure[j] * sum(ramps)), ...plain];
    const w = arm.worlds.columns.length;
    const margins = arm.worlds.lines.map((line) => line[0] + sum(arm.worlds.columns.map(
      (c, i) => line[1 + i] * (c < 0 ? 0 : centred[c])
        + line[1 + w + i] * (c < 0 ? 0 : unseen[c]))));
    const middle = mean(margins);
    const spread = Math.sqrt(sum(margins.map((m) => (m - middle) ** 2)) / (margins.length - 1));
    const half = model.factor * spread;
    return [sigmoid(-(middle + half)), sigmoid(-(middle - half))];
  }

  /* predict/compare._tied */
  function tie(model, open) {
    const first = open[0];
    for (const arm of open) {
      const own = arm.own + first.own;
      const apart = sum(arm.shared.map((s, b) => (s - first.shared[b]) ** 2));
      const unclear = Math.abs(arm.margin - first.margin) < model.z * Math.sqrt(apart + own);
      arm.tied = arm !== first && (unclear || Math.abs(arm.p - first.p) < model.equal);
    }
    if (first) first.tied = open.some((arm) => arm !== first && arm.tied);
  }

  /* explain/groups.by_mechanism under the arm asked about: log-odds towards resistance. */
  function mechanisms(model, a, found) {
    const arm = model.arms[a], out = model.groups.map(() => 0), last = out.length - 1;
    const count = model.panel.length;
    found.added.forEach((x, j) => { out[arm.exposure[j] === 0 ? last : model.panel[j].group] += x; });
    found.plain.forEach((x, i) => {
      const place = i === 4 && !arm.intensified ? last : model.clinical_group;
      out[place] += (x - model.clinical_means[i]) * mean(model.members.map((m) => m.clinical[i]));
    });
    out[last] += mean(model.members.map((m) => m.intercepts[a])) - model.usual;
    for (const member of model.members) {
      if (!member.trees.length) continue;
      shapley(member.trees, found.x).forEach((x, c) => {
        let place = last;
        if (c < count) place = arm.exposure[c] === 0 ? last : model.panel[c].group;
        else if (c < count + 5 && (c !== count + 4 || arm.intensified)) place = model.clinical_group;
        out[place] += x / model.members.length;
      });
    }
    return out;
  }

  function answer(model, record) {
    const f = model.panel.map((marker) =>
      none(record[marker.id]) ? null : standardised(marker, record[marker.id]));
    const shift = deviations(model, f), state = { f, bent: bent(model, f, shift) };
    const arms = model.arms.map((_, a) => armOf(model, a, record, state));
    arms.forEach((arm, a) => { arm.open = arm.eligible && model.arms[a].supported; arm.tied = false; });
    const open = arms.filter((arm) => arm.open).sort((a, b) => b.p - a.p);
    tie(model, open);
    const asked = arms[model.asked], risk = 1 - asked.p;
    const most = model.threshold;
    return {
      arms, order: open.map((arm) => arm.strategy), doubts: doubts(model, record, f),
      supported: model.arms[model.asked].supported,
      risk, lower: 1 - asked.upper, upper: 1 - asked.lower,
      evidence: asked.evidence && [1 - asked.evidence[1], 1 - asked.evidence[0]],
      set: most === null ? [] : [["response", risk], ["resistant", 1 - risk]]
        .filter(([, short]) => short <= most + 1e-8).map(([name]) => name),
      margin: asked.margin, mechanisms: mechanisms(model, model.asked, asked),
      f: f.map((x, j) => (x === null ? shift[j] + model.panel[j].mean : x)),
    };
  }
  return { answer, standardised, valueAt };
})();
if (typeof module !== "undefined") module.exports = resistml;
