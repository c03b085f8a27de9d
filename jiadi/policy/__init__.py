"""The yardstick 一把尺子: facts, rules, verdicts, and the reasons for them."""
