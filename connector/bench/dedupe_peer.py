"""The peer of `bench dedupe`: splink 4 as its own guide sets it up, training included. Runs under an interpreter that has it.

python dedupe_peer.py PEOPLE.csv CLUSTERS.csv
"""

import sys

import duckdb
import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


def main(people: str, out: str) -> None:
    frame = pd.read_csv(people, dtype=str, keep_default_na=False).drop(columns="cluster").replace("", None)
    keys = [("email",), ("phone",), ("first_name", "last_name"), ("last_name", "company"), ("first_name", "company")]
    rules = [block_on(*key) for key in keys]
    names = ["first_name", "last_name", "email", "phone", "company", "city"]
    comparisons = [
        cl.JaroWinklerAtThresholds("first_name").configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("last_name").configure(term_frequency_adjustments=True),
        cl.EmailComparison("email"),
        *[cl.LevenshteinAtThresholds(name) for name in names[3:4]],
        *[cl.ExactMatch(name).configure(term_frequency_adjustments=True) for name in names[4:]],
    ]
    settings = SettingsCreator(
        "dedupe_only", unique_id_column_name="id", comparisons=comparisons, blocking_rules_to_generate_predictions=rules
    )
    linker = Linker(frame, settings, DuckDBAPI(duckdb.connect()))
    linker.training.estimate_probability_two_random_records_match(
        [block_on("email"), block_on("first_name", "last_name")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("first_name", "last_name"), block_on("email")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    groups = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.9)
    groups.as_pandas_dataframe()[["cluster_id", "id"]].rename(columns={"cluster_id": "cluster"}).to_csv(out, index=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
