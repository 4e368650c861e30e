// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "hedge/study/prices.hpp"

namespace outrigger::study {
namespace {

using Eigen::Index;

Result<std::vector<Index>> columns_of(const PriceTable& prices, const std::vector<std::string>& names) {
    std::vector<Index> out;
    for (const auto& name : names) {
        const auto it = std::find(prices.names.begin(), prices.names.end(), name);
        if (it == prices.names.end()) {
            return fail(Errc::not_found, fmt::format("the prices have no '{}'; they have {}", name,
                                                     fmt::join(prices.names, ", ")));
        }
        out.push_back(it - prices.names.begin());
        if (std::count(out.begin(), out.end(), out.back()) > 1)
            return fail(Errc::config, fmt::format("'{}' is named twice", name));
    }
    return out;
}

/// Walks the table forwards and knows, for any later grid point, the last price inside the bar before it.
class Reader {
  public:
    Reader(const PriceTable& prices, std::vector<Index> columns)
        : prices_(prices), columns_(std::move(columns)), last_(columns_.size(), -1) {}

    /// Every asset's price of the bar that ends at `end`; false when one has none.
    bool at(TimePoint end, std::chrono::seconds bar, Eigen::VectorXd& usd) {
        for (; next_ < prices_.at.size() && prices_.at[next_] <= end; ++next_) {
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                if (!std::isnan(prices_.usd(static_cast<Index>(next_), columns_[i])))
                    last_[i] = static_cast<Index>(next_);
            }
        }
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (last_[i] < 0 || prices_.at[static_cast<std::size_t>(last_[i])] <= end - bar) return false;
            usd[static_cast<Index>(i)] = prices_.usd(last_[i], columns_[i]);
        }
        return true;
    }

  private:
    const PriceTable& prices_;
    std::vector<Index> columns_;
    std::vector<Index> last_;
    std::size_t next_ = 0;
};

TimePoint grid_after(TimePoint at, std::chrono::seconds bar) {
    const auto past = at.time_since_epoch() % bar;
    return past.count() == 0 ? at : at + (bar - past);
}

}  // namespace

Result<StudyBars> bars_of(const PriceTable& prices, const BarSpec& spec) {
    if (spec.bar.count() <= 0) return fail(Errc::config, "the bar must be longer than nothing");
    if (spec.from >= spec.to) return fail(Errc::config, "the range of time is empty");
    if (spec.names.empty()) return fail(Errc::config, "no asset is named");
    Reader reader(prices, OR_TRY(columns_of(prices, spec.names)));
    StudyBars out{spec.names, spec.bar, {}, {}, {}, {}};
    const auto n = std::ssize(spec.names);
    std::vector<Eigen::VectorXd> rows;
    Eigen::VectorXd now(n);
    Eigen::VectorXd before(n);
    TimePoint last{};
    const TimePoint end =
        prices.at.empty() ? spec.from : std::min(spec.to, grid_after(prices.at.back(), spec.bar));
    const TimePoint begin = prices.at.empty() ? spec.to : std::max(spec.from, prices.at.front());
    bool started = false;
    for (TimePoint g = grid_after(begin, spec.bar); g <= end; g += spec.bar) {
        if (!reader.at(g, spec.bar, now)) continue;
        if (!started) {
            out.first = g;
            started = true;
        } else {
            rows.emplace_back((now.array() / before.array() - 1).matrix());
            out.ends.push_back(g);
            out.after_gap.push_back(g - last > spec.bar);
        }
        before = now;
        last = g;
    }
    if (rows.size() < 2) {
        return fail(Errc::stale, fmt::format("{} complete bars of {} in the range: at least two are needed",
                                             rows.size(), fmt::join(spec.names, ", ")));
    }
    out.returns.resize(std::ssize(rows), n);
    for (std::size_t t = 0; t < rows.size(); ++t)
        out.returns.row(static_cast<Index>(t)) = rows[t].transpose();
    return out;
}

}  // namespace outrigger::study
