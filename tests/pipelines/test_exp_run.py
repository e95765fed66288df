import psutil

from pipelines.exp_run import Clock, Ended, message

SAID = """
'data/raw' didn't change
Running stage 'ingest':
> python -m pipelines.ingest
ingest: 12 images (1.0 s)
Updating lock file 'dvc.lock'

Stage 'split' is cached - skipping run, checking out outputs
Running stage 'probe':
> python -m pipelines.probe
probe: params.yaml: probe.sede: unknown key
ERROR: failed to reproduce 'probe': failed to run: python -m pipelines.probe, exited with 1
""".splitlines()


def test_only_stages_that_ran_have_a_time() -> None:
    clock = Clock(psutil.Process())
    for line in SAID:
        clock.hear(line)
    assert list(clock.seconds) == ["ingest", "probe"]
    assert list(clock.cpu_seconds) == ["ingest", "probe"]
    assert all(value >= 0 for value in [*clock.seconds.values(), *clock.cpu_seconds.values()])


def test_the_message_is_the_stages_own_last_line() -> None:
    assert message(SAID) == "probe: params.yaml: probe.sede: unknown key"


def test_where_no_stage_failed_it_is_dvcs() -> None:
    assert message(["Reading", "ERROR: no space left", "see --verbose"]) == "ERROR: no space left"
    assert message([]) == "failed"
    assert message(["Running stage 'a':", "> a", "ERROR: failed to reproduce 'a': killed"]).startswith("ERROR: failed")


def test_times_of_two_commands_are_put_together() -> None:
    found = Ended(0, "", {"ingest": 1.0}, {"ingest": 2.0}).then(Ended(1, "no", {"split": 3.0}, {"split": 4.0}))
    assert found == Ended(1, "no", {"ingest": 1.0, "split": 3.0}, {"ingest": 2.0, "split": 4.0})
