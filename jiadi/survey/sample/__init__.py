"""An invented but realistic county (示例县) in the forms that departments really use, with its answers.

Neither the rules nor the checks are imported here: what the files hold and what a perfect judge would
say of them is worked out from what was planted.
"""

from jiadi.survey.sample.generate import SampleReport, describe, generate

__all__ = ["SampleReport", "describe", "generate"]
