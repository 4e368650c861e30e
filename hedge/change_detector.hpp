// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "chain/base/result.hpp"

/// Sequential tests of whether a hedge's relationship still holds, one bar at a time.
///
/// Both are e-detectors: a likelihood ratio whose mean is one while nothing has changed, summed the
/// Shiryaev-Roberts way. While nothing changes the mean time to a false alarm is then at least the number of
/// bars the threshold stands for, at any sampling and without a fixed horizon. Their state is a value: the
/// same bars give the same state.
/// Source: Shin, Ramdas and Rinaldo (2023), E-detectors; methods E.3, E.4.
namespace outrigger {

/// The statistic at which the mean time to a false alarm is `bars`: ln(1 + bars).
[[nodiscard]] double alarm_threshold(double bars);

/// The likelihood of one pair of standardised returns under correlation `alternative` over that under `null`,
/// by the direction of the whitened pair alone: volatility and tails cancel.
/// Pre:    both correlations in (-1, 1)
/// Source: Tyler (1987), angular central Gaussian; methods E.3
[[nodiscard]] double direction_likelihood_ratio(double a, double c, double null, double alternative);

/// The likelihood of a standardised residual under a variance 1 + `inflation` times as large over that under
/// one, both unit-variance Student t with `nu` degrees of freedom.
/// Source: methods E.4
[[nodiscard]] double inflation_likelihood_ratio(double z, double inflation, double nu);

struct CorrelationDetectorParams {
    double scale_half_life = 72;       // bars
    double baseline_half_life = 336;   // bars
    double mean_bars_to_false = 2160;  // 90 days of hours
    double rho_min = 0.02;
    double rho_max = 0.995;
    double tail_nu = 4;  // weight of a bar in the baseline: a shock may not move its own null
};

/// Watches for a fall of the correlation between a hedged return y and its hedge's return g.
///
/// A rise is no alarm: in market-wide crashes correlations rise, and the hedge is then at its best.
class CorrelationDetector {
  public:
    /// A detector whose scales and baseline come from these bars.
    /// Errors: Errc::decode for fewer than two bars, unequal lengths, a constant or non-finite series
    static Result<CorrelationDetector> from(std::span<const double> y, std::span<const double> g,
                                            const CorrelationDetectorParams& params = {});

    /// The statistic after one more bar. With `learn` false (any state but calm) the baseline stays as it is:
    /// a broken relationship may not become the new normal. Errors: Errc::decode for a return that is not
    /// finite; the state is then unchanged.
    Result<double> add(double y, double g, bool learn = true);

    [[nodiscard]] double statistic() const;
    [[nodiscard]] bool alarmed() const;
    /// The correlation that counts as unchanged.
    [[nodiscard]] double baseline() const;
    /// Starts the count anew after an alarm has been acted on.
    void reset() { evidence_ = {}; }

    /// All that it remembers, to be stored. Shape: 9
    [[nodiscard]] std::vector<double> numbers() const;
    /// A detector that goes on from what numbers() gave. Errors: Errc::decode when they are not such numbers
    static Result<CorrelationDetector> restored(std::span<const double> numbers,
                                                const CorrelationDetectorParams& params = {});

    friend bool operator==(const CorrelationDetector& l, const CorrelationDetector& r) {
        return l.evidence_ == r.evidence_ && l.variance_y_ == r.variance_y_ &&
               l.variance_g_ == r.variance_g_ && l.moments_ == r.moments_;
    }

  private:
    CorrelationDetectorParams params_;
    std::array<double, 4> evidence_{};  // one sum per alternative
    double variance_y_ = 0;
    double variance_g_ = 0;
    std::array<double, 3> moments_{1, 1, 0};  // of standardised returns: yy, gg, yg
};

struct ResidualDetectorParams {
    double scale_half_life = 72;  // bars
    double nu = 4;
    double threshold = 14;  // simulated: volatility clusters, which the theorem does not allow for
    double shock_z = 8;     // one bar beyond this many standard deviations is a shock
};

/// Watches for a growth of the variance of the hedged residual: the hedge costs more risk than it should.
class ResidualDetector {
  public:
    /// Errors: Errc::decode for fewer than two residuals, constant zero or non-finite ones
    static Result<ResidualDetector> from(std::span<const double> residuals,
                                         const ResidualDetectorParams& params = {});

    struct Seen {
        double z = 0;
        double statistic = 0;
        bool shock = false;
    };
    /// What one more residual shows, judged by the scale before it. Errors: Errc::decode when not finite.
    Result<Seen> add(double residual);

    [[nodiscard]] double statistic() const;
    [[nodiscard]] bool alarmed() const;
    [[nodiscard]] double variance() const { return variance_; }
    void reset() { evidence_ = {}; }

    /// All that it remembers, to be stored. Shape: 4
    [[nodiscard]] std::vector<double> numbers() const;
    /// A detector that goes on from what numbers() gave. Errors: Errc::decode when they are not such numbers
    static Result<ResidualDetector> restored(std::span<const double> numbers,
                                             const ResidualDetectorParams& params = {});

    friend bool operator==(const ResidualDetector& l, const ResidualDetector& r) {
        return l.evidence_ == r.evidence_ && l.variance_ == r.variance_;
    }

  private:
    ResidualDetectorParams params_;
    std::array<double, 3> evidence_{};
    double variance_ = 0;
};

}  // namespace outrigger
