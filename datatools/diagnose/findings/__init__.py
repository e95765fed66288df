"""What is wrong with a project, how sure that is, and what to change: one file per check, one list of them."""

from datatools.diagnose.findings.judgement import judge

__all__ = ["judge"]
