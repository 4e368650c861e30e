// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "chain/base/result.hpp"
#include "hedge/returns.hpp"

namespace outrigger {

struct BarRule {
    std::chrono::seconds shortest{3600};  // noise counts for more than the number of bars below this
    std::size_t min_bars = 168;           // complete ones that the history must hold
    double intervals = 8;                 // a bar is at least so many mean intervals of the slowest source
    std::chrono::seconds grace{120};      // as in PanelSpec
};

/// What one length of bar would make of the history.
struct BarCandidate {
    std::chrono::seconds bar{0};
    std::size_t bars = 0;         // complete ones
    double correlation_kept = 0;  // mean over pairs of |correlation|, as a share of Hayashi and Yoshida's
};

struct BarChoice {
    std::chrono::seconds bar{0};
    AssetId slowest;                            // its source publishes least often
    std::chrono::duration<double> interval{0};  // on average
    std::vector<BarCandidate> candidates;  // every length that has enough bars, ascending: the Epps curve
    std::string why;                       // one sentence for people
};

/// The length of bar for these sources: the shortest whose prices are not too stale to be compared.
///
/// Of 5 min, 15 min, 1 h, 4 h, 8 h and 1 d it is the first that is at least `intervals` times the slowest
/// source's mean interval and at least `shortest`; by then the loss of correlation is a few percent. `names`
/// are the assets', for the sentence.
///
/// Shape:   names as series
/// Errors:  Errc::stale when no such length has min_bars complete bars, naming the slowest asset; else as
///          make_panel
/// Source:  Epps (1979), J. American Statistical Association 74, 291-298; methods B.1, B.2
[[nodiscard]] Result<BarChoice> choose_bar(std::span<const PriceSeries> series,
                                           std::span<const std::string> names, const BarRule& rule = {});

}  // namespace outrigger
