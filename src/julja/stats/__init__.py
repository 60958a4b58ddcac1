"""From scores to estimates: intervals, paired comparison, power. Pure functions.

One model:   estimate.estimate, intervals.{wilson, clopper_pearson, clustered_stderr}.
Two models:  paired.{compare_paired, mcnemar}, equivalence.{equivalence, newcombe}.
Many models: many.compare_models (paired t, Holm, Benjamini-Hochberg, max-T, ranks; NaN is missing),
             rank_sets.{tie_groups, letters, simultaneous_ranks}, paired.{holm, benjamini_hochberg}.
Planning:    power.{Design, samples_needed, detectable, power_of, mcnemar_samples, repeats_worth}.
"""
