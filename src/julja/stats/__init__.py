"""From scores to estimates: intervals, paired comparison, power. Pure functions.

One model     estimate.estimate; intervals.{wilson, clopper_pearson, clustered_stderr,
              design_effect, stratified_mean, rule_of_three}; bca.bca_interval
Two models    paired.{compare_paired, mcnemar}; equivalence.{equivalence, newcombe};
              permutation.sign_flip
Many models   many.compare_models (paired t, Holm, Benjamini-Hochberg, max-T, ranks; NaN is
              missing); rank_sets.{tie_groups, letters, simultaneous_ranks, bootstrap_ranks};
              paired.{holm, benjamini_hochberg}; frontier
Planning      power.{Design, paired_design, discordance_design, samples_needed, detectable,
              power_of, detectable_binary, mcnemar_samples, mcnemar_power, repeats_worth,
              repeats_by_cost}
Repeats       variance (between and within); repeats.{pass_at_k, pass_hat_k, g_pass_at_k,
              mg_pass_at_k, majority_at_k, over_tasks, repeat_error}
Items         items.analyse_items; irt.{fit_2pl, estimate_ability}; adaptive.{screen, p_irt,
              held_out}: screening, never a published score

What each is for, its source and its measured coverage: docs/design/statistics.md.
"""
