"""Run configs: typos are caught where they stand, with the nearest valid name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml import shipped
from resistml.config import RunConfig, explain, load_config, validated
from resistml.config_data import (
    AgeConfig,
    DataConfig,
    EcogConfig,
    FeatureConfig,
    MarkerConfig,
    OutcomeConfig,
    SexConfig,
    TimeConfig,
)
from resistml.config_tune import Range, TuneConfig
from resistml.errors import ConfigError, InputError


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def failure(source: str | Path, *changes: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(source, changes)
    return caught.value


KEYS = "assignment, follow_up, missing, n, oracle, variant, worlds"
ASSIGNMENTS = "randomised | guideline | confounded | hidden_confounding"


class TestShippedConfigs:
    @pytest.mark.parametrize("path", sorted(shipped.folder("configs").glob("*.yaml")), ids=str)
    def test_every_one_is_valid(
        self, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("ici_pancancer_train", "ici_pancancer_test", "ispy2", "beataml2_patients"):
            (tmp_path / f"{name}.csv").touch()
        monkeypatch.setenv("RESISTML_COHORTS", str(tmp_path))
        assert load_config(path) == load_config(path.stem)

    def test_default_is_what_its_file_says(self) -> None:
        assert load_config("default").model_dump(exclude={"tracking"}) == RunConfig(
            name="default", seed=20260101
        ).model_dump(exclude={"tracking"})

    def test_quick_extends_default(self) -> None:
        quick, default = load_config("quick"), load_config("default")
        assert (quick.cohort.n, quick.model.rounds) == (4_000, 60)
        assert quick.seed == default.seed
        assert quick.model.depth == default.model.depth


class TestFaults:
    @pytest.mark.parametrize(
        ("text", "key", "message", "allowed", "hint"),
        [
            ("sead: 1", "sead", "unknown key", "seed", "did you mean 'seed'?"),
            ("cohort: {m: 1}", "cohort.m", "unknown key", KEYS, None),
            (
                "cohort: {asignment: guideline}",
                "cohort.asignment",
                "unknown key",
                KEYS,
                "did you mean 'assignment'?",
            ),
            ("bag: 3", "bag", "unknown key", "cohort", "did you mean 'model.bag'?"),
            ("model: {n: 3}", "model.n", "unknown key", "bag", "did you mean 'cohort.n'?"),
            (
                "cohort: {assignment: confunded}",
                "cohort.assignment",
                "is not one of the choices, got 'confunded'",
                "confounded, guideline, hidden_confounding, randomised",
                "did you mean 'confounded'?",
            ),
            ("cohort: {n: 499}", "cohort.n", "greater than or equal to 500, got 499", None, None),
            ("cohort: {n: -1}", "cohort.n", "greater than or equal to 500, got -1", None, None),
            ("cohort: {n: 0}", "cohort.n", "greater than or equal to 500, got 0", None, None),
            ("ensemble: {worlds: 1}", "ensemble.worlds", "0, or 2 and more", None, None),
            ("ensemble: {worlds: -1}", "ensemble.worlds", "got -1", None, None),
            ("cohort: {n: 1e9}", "cohort.n", "less than or equal to 100000000", None, None),
            ("cohort: {n: 600.5}", "cohort.n", "valid integer", None, None),
            ("cohort: {n: many}", "cohort.n", "got 'many'", None, None),
            ("seed: -1", "seed", "greater than or equal to 0, got -1", None, None),
            ("seed: 2147483648", "seed", "less than or equal to 2147483647", None, None),
            ("model: {learning_rate: .nan}", "model.learning_rate", "got nan", None, None),
            ("model: {penalty: .inf}", "model.penalty", "finite number, got inf", None, None),
            ("model: {penalty: 0}", "model.penalty", "greater than 0, got 0", None, None),
            ("cohort: 5", "cohort", "valid dictionary", None, None),
            ("cohort:", "cohort", "got None", None, None),
            ("name: 7", "name", "valid string, got 7", None, None),
            ("name: a/b", "name", "got 'a/b'", None, None),
            ("name: ''", "name", "got ''", None, None),
            ("extends: 3", "extends", "needs the name or path of one config", None, None),
            ("extends: [default]", "extends", "needs the name or path", None, None),
            (
                "extends: defualt",
                "extends",
                "no config 'defualt'",
                "audit, beataml2, confounded, default, ensemble, form, hidden_confounding, ici",
                "did you mean 'default'?",
            ),
        ],
    )
    def test_fault_of_a_file(
        self,
        here: Path,
        text: str,
        key: str,
        message: str,
        allowed: str | None,
        hint: str | None,
    ) -> None:
        error = failure(write(here / "run.yaml", text))
        assert error.file is not None
        assert error.file.endswith("run.yaml")
        assert error.key == key
        assert message in error.message
        assert (error.allowed or "").find(allowed or "") >= 0
        assert error.hint == hint

    @pytest.mark.parametrize("text", ["[1, 2]", "just words"])
    def test_file_that_is_no_mapping(self, here: Path, text: str) -> None:
        assert failure(write(here / "run.yaml", text)).message == (
            "needs a mapping of keys to values"
        )

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("1: 2", "1"),
            ("true: 1", "true"),
            ("null: 1", "null"),
            ("cohort: {2: 3}", "cohort.2"),
        ],
    )
    def test_a_key_that_is_no_text_is_named(self, here: Path, text: str, key: str) -> None:
        error = failure(write(here / "run.yaml", text))
        assert (error.message, error.key) == ("a key must be text", key)
        assert error.file is not None

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("seed: 1\nseed: 2", "line 2: key 'seed' stands twice"),
            ("seed: &a 1\nname: *a", "aliases are not allowed"),
            ("seed: [", "line 1"),
        ],
    )
    def test_file_that_is_no_yaml(self, here: Path, text: str, message: str) -> None:
        assert message in failure(write(here / "run.yaml", text)).message

    def test_empty_file_is_the_default(self, here: Path) -> None:
        assert load_config(write(here / "run.yaml", "# nothing\n")) == RunConfig()

    def test_missing_file(self, here: Path) -> None:
        assert failure("configs/none.yaml").message == "no such file"

    def test_unknown_name_gives_the_nearest(self, here: Path) -> None:
        for name in ("quik", "quik.yaml"):
            with pytest.raises(InputError) as caught:
                load_config(name)
            assert caught.value.hint == "did you mean 'quick'?"

    def test_folder_of_the_same_name_does_not_hide_a_shipped_config(self, here: Path) -> None:
        (here / "quick").mkdir()
        assert load_config("quick").name == "quick"


class TestTraps:
    """What YAML 1.1 would have made of these."""

    @pytest.mark.parametrize(
        ("text", "find", "value"),
        [
            ("model: {learning_rate: 1e-3}", lambda c: c.model.learning_rate, 0.001),
            ("model: {reg_lambda: 1e1}", lambda c: c.model.reg_lambda, 10.0),
            ("cohort: {n: 1e4}", lambda c: c.cohort.n, 10_000),
            ("cohort: {n: 1_000}", lambda c: c.cohort.n, 1_000),
            ("seed: 010", lambda c: c.seed, 10),
            ("name: no", lambda c: c.name, "no"),
            ("name: on", lambda c: c.name, "on"),
            ("name: 2024-01-01", lambda c: c.name, "2024-01-01"),
            ("report: no", lambda c: c.report, False),
            ("report: off", lambda c: c.report, False),
            ("report: yes", lambda c: c.report, True),
        ],
    )
    def test_means_what_a_person_means(
        self, here: Path, text: str, find: Any, value: object
    ) -> None:
        assert find(load_config(write(here / "run.yaml", text))) == value


class TestExtends:
    def test_child_goes_before_parent_key_by_key(self, here: Path) -> None:
        write(here / "a.yaml", "seed: 1\nmodel: {bag: 3, depth: 4}\n")
        write(here / "sub" / "b.yaml", "extends: ../a.yaml\nmodel: {bag: 5}\n")
        write(here / "sub" / "c.yaml", "extends: b\nseed: 2\n")
        found = load_config(here / "sub" / "c.yaml")
        assert (found.seed, found.model.bag, found.model.depth) == (2, 5, 4)

    def test_own_default_may_extend_the_shipped_one(self, here: Path) -> None:
        path = write(here / "quick.yaml", "extends: quick\nseed: 5\n")
        found = load_config(path)
        assert (found.seed, found.cohort.n) == (5, 4_000)

    def test_file_beside_goes_before_a_shipped_one(self, here: Path) -> None:
        write(here / "quick.yaml", "seed: 7")
        assert load_config(write(here / "a.yaml", "extends: quick")).seed == 7

    def test_cycle_is_named(self, here: Path) -> None:
        write(here / "a.yaml", "extends: b")
        write(here / "b.yaml", "extends: c.yaml")
        write(here / "c.yaml", "extends: a")
        error = failure(here / "a.yaml")
        assert error.message == "extends itself: a.yaml -> b.yaml -> c.yaml -> a.yaml"
        assert error.key == "extends"

    def test_self_that_ships_nothing(self, here: Path) -> None:
        error = failure(write(here / "mine.yaml", "extends: mine"))
        assert error.message == "extends itself: mine.yaml -> mine.yaml"
        assert error.file is not None

    @pytest.mark.parametrize("name", ["x" * 300, "a/" * 200 + "b"])
    def test_a_name_that_no_file_can_have(self, here: Path, name: str) -> None:
        error = failure(write(here / "mine.yaml", f"extends: {name}"))
        assert error.message.startswith("no config '")
        assert len(error.message) < 120
        assert error.key == "extends"

    @pytest.mark.parametrize(
        "text", ["catalog: nowhere", 'catalog: "a\\0b"', f"catalog: {'x' * 300}"]
    )
    def test_a_catalog_that_is_not_there(self, here: Path, text: str) -> None:
        error = failure(write(here / "mine.yaml", text))
        assert error.key == "catalog"
        assert error.hint == "name the folder of the catalog files"

    def test_catalog_is_found_beside_the_file_that_names_it(self, here: Path) -> None:
        (here / "base" / "extra").mkdir(parents=True)
        write(here / "base" / "a.yaml", "catalog: extra")
        write(here / "b.yaml", "extends: base/a.yaml")
        assert load_config(here / "b.yaml").catalog == (here / "base" / "extra").resolve()


class TestSet:
    @pytest.mark.parametrize(
        ("change", "find", "value"),
        [
            ("cohort.n=5000", lambda c: c.cohort.n, 5_000),
            ("cohort.n=5e3", lambda c: c.cohort.n, 5_000),
            (" cohort.n = 5000 ", lambda c: c.cohort.n, 5_000),
            ("cohort={n: 700}", lambda c: c.cohort.n, 700),
            ("model.learning_rate=1e-3", lambda c: c.model.learning_rate, 0.001),
            ("tracking.enabled=false", lambda c: c.tracking.enabled, False),
            ("tracking.uri=http://h:1/a=b", lambda c: c.tracking.uri, "http://h:1/a=b"),
            ("tracking.uri=", lambda c: c.tracking.uri, None),
            ("name=on", lambda c: c.name, "on"),
        ],
    )
    def test_puts_a_value_in(self, change: str, find: Any, value: object) -> None:
        assert find(load_config("quick", (change,))) == value

    def test_last_one_counts_and_the_rest_stays(self) -> None:
        found = load_config("quick", ("seed=1", "seed=2"))
        assert found.seed == 2
        assert found.cohort == load_config("quick").cohort

    @pytest.mark.parametrize(
        ("change", "key", "message", "hint"),
        [
            ("cohort.m=1", "cohort.m", "unknown key (put in by --set)", None),
            ("cohort.n=1", "cohort.n", "got 1 (put in by --set)", None),
            ("bag=1", "bag", "unknown key (put in by --set)", "did you mean 'model.bag'?"),
            ("cohort={m: 1}", "cohort.m", "unknown key (put in by --set)", None),
            ("seed.a=1", "seed.a", "'seed' holds a value, not keys", None),
            ("seed=[1", "seed", "'[1' is not a value", "quote text"),
            ("seed=!!int 3", "seed", "is not a value", "quote text"),
            ("extends=quick", "extends", "cannot be set", "write it in the config's file"),
            ("cohort.n", None, "--set needs KEY=VALUE, got 'cohort.n'", "cohort.n=5000"),
            ("=3", None, "--set needs KEY=VALUE, got '=3'", "cohort.n=5000"),
        ],
    )
    def test_faults(self, change: str, key: str | None, message: str, hint: str | None) -> None:
        error = failure("quick", change)
        assert error.key == key
        assert error.file is None
        assert message in error.message
        assert (hint or "") in (error.hint or "")

    def test_fault_of_the_file_is_not_laid_on_a_change(self, here: Path) -> None:
        error = failure(write(here / "run.yaml", "seed: -1"), "cohort.n=5000")
        assert error.file is not None
        assert "--set" not in error.message


class TestExplain:
    def test_has_every_key_with_its_default_and_meaning(self) -> None:
        rows = {row["key"]: row for row in explain()}

        def keys(part: dict[str, Any], prefix: str = "") -> set[str]:
            inner = (keys(v, f"{prefix}{k}.") for k, v in part.items() if isinstance(v, dict))
            own = {f"{prefix}{k}" for k, v in part.items() if not isinstance(v, dict)}
            return own.union(*inner)

        tune = TuneConfig(space={"KEY": Range(low=0, high=1)}).model_dump()
        whole = {**RunConfig().model_dump(), "tune": tune, "data": _all_of_data()}
        assert set(rows) == keys(whole)
        assert all(row["meaning"] for row in rows.values())
        assert rows["cohort.n"]["default"] == "20000"
        assert rows["cohort.assignment"]["type"] == ASSIGNMENTS
        assert rows["tracking.uri"]["type"] == "str | none"
        assert rows["catalog"]["type"] == "Path | none"
        assert rows["report"]["type"] == "bool"


def _all_of_data() -> dict[str, Any]:
    """A section `data:` with every key, as plain data; what is named freely is called KEY."""
    data = DataConfig(
        train="x.csv",
        outcome=OutcomeConfig(column="y", response=(1,), resistant=(0,)),
        times={"os": TimeConfig(time="t", event="e")},
        age=AgeConfig(column="a"),
        sex=SexConfig(column="s"),
        ecog=EcogConfig(column="e"),
        markers={"KEY": MarkerConfig()},
        features={"KEY": FeatureConfig()},
    ).model_dump()
    data["times"]["KEY"] = data["times"].pop("os")
    return {k: v for k, v in data.items() if k not in ("external", "where")} | {
        "external": None,
        "where": None,
    }


@given(st.integers(500, 10**6), st.sampled_from(["randomised", "guideline", "confounded"]))
def test_a_config_reads_back_from_its_own_dump(n: int, how: str) -> None:
    config = validated({"cohort": {"n": n, "assignment": how}})
    assert validated(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("parent", [".", "/", '""', '"a\\0b"', "[quick]", "7"])
def test_what_is_no_name_cannot_be_extended(tmp_path: Path, parent: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"extends: {parent}\n")
    with pytest.raises(ConfigError, match="name or path of one config") as found:
        load_config(path)
    assert found.value.key == "extends"
