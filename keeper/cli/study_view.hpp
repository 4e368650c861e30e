// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "hedge/study/relationship.hpp"
#include "hedge/study/rules.hpp"
#include "hedge/study/summary.hpp"
#include "keeper/cli/output.hpp"

namespace outrigger::cli {

struct StudyRow {
    std::string name;
    std::vector<study::Step> steps;
    study::Summary summary;
};

/// Everything a study found; the first row is the estimator it is about.
struct Study {
    std::string prices;
    study::StudyBars bars;
    study::WalkSpec spec;
    std::vector<StudyRow> rows;
    std::optional<study::Relationship> relationship;  // of the first row's last target
};

/// For a person, without a trailing newline.
std::string study_text(const Study& study, const Output& out);
/// For a program; docs/study.md names every field.
nlohmann::json study_document(const Study& study);
/// The first row's steps, one a line.
std::string series_csv(const Study& study);

}  // namespace outrigger::cli
