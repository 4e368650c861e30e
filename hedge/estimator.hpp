// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "hedge/covariance.hpp"

/// Every way to estimate a covariance behind one call, by name.
namespace outrigger {

enum class Estimator : std::uint8_t {
    ewma,
    sample,
    ledoit_wolf,
    ledoit_wolf_correlation,
    oas,
    spearman,
    kendall,
    student_t,
    ogk,
    dcc_garch,
};

/// What an estimator is called, what it does, and where it comes from.
struct EstimatorInfo {
    Estimator id;
    std::string_view name;  // as configured: "ledoit-wolf"
    std::string_view does;
    std::string_view source;
};

/// All of them; a new one is a line there and a case in estimate_covariance.
[[nodiscard]] std::span<const EstimatorInfo> estimators();
[[nodiscard]] std::optional<Estimator> estimator_by_name(std::string_view name);
[[nodiscard]] std::string_view to_string(Estimator estimator);

/// The panel's covariance by that estimator.
///
/// `half_life` is the age at which a return counts half, of those estimators that weigh by age.
///
/// Shape:   as in covariance.hpp
/// Errors:  likewise
[[nodiscard]] Result<Covariance> estimate_covariance(Estimator estimator, const ReturnPanel& panel,
                                                     std::chrono::duration<double> half_life);

}  // namespace outrigger
