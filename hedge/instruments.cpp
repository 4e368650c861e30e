// SPDX-License-Identifier: Apache-2.0
#include "hedge/instruments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "chain/base/assert.hpp"
#include "hedge/min_variance.hpp"

namespace outrigger {
namespace {

constexpr double kMaxSubsets = 1e6;

double subsets(std::size_t n, std::size_t k) {
    double count = 1;
    for (std::size_t i = 0; i < k; ++i) count *= static_cast<double>(n - i) / static_cast<double>(i + 1);
    return count;
}

}  // namespace

Result<InstrumentChoice> best_instruments(const Covariance& covariance, const Eigen::VectorXd& exposure_usd,
                                          std::span<const AssetId> candidates, std::size_t size) {
    OR_ASSERT(size >= 1 && size <= candidates.size());
    if (subsets(candidates.size(), size) > kMaxSubsets) {
        return fail(Errc::config,
                    fmt::format("choosing {} of {} instruments means trying more than a million "
                                "subsets: name fewer candidates",
                                size, candidates.size()));
    }
    std::optional<InstrumentChoice> best;
    std::vector<bool> chosen(candidates.size(), false);
    std::fill_n(chosen.begin(), size, true);
    do {  // prev_permutation visits subsets in lexicographic order of their members
        std::vector<AssetId> members;
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            if (chosen[i]) members.push_back(candidates[i]);
        }
        const HedgeSolution solved = OR_TRY(minimise_variance(covariance, exposure_usd, members, {}, {}));
        if (solved.variance_before <= 0) {
            return fail(Errc::decode, "the exposure has no variance, so no instrument can reduce it");
        }
        if (best && best->residual_variance <= solved.variance_after) continue;
        best = InstrumentChoice{std::move(members), solved.target_usd, solved.variance_after,
                                1 - solved.variance_after / solved.variance_before};
    } while (std::prev_permutation(chosen.begin(), chosen.end()));
    return *std::move(best);
}

}  // namespace outrigger
