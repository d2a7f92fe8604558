"""The doctor: what a finished run suffers from, in plain sentences with a remedy.

    Plan, history, readings of a Watch → Evidence → rules → Diagnosis (findings)

Made from what `fit` kept; eaten by `run.doctor()` and the command line. Promises: a
finding says what was measured, in which step, and which threshold it passed; what is
absent was not seen, which is no approval.
"""

from ranvier.train.doctor.diagnosis import Diagnosis, examine
from ranvier.train.doctor.evidence import Evidence
from ranvier.train.doctor.finding import Finding
from ranvier.train.doctor.visits import Visits

__all__ = ["Diagnosis", "Evidence", "Finding", "Visits", "examine"]
