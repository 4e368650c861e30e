// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "hedge/study/baseline_rules.hpp"

namespace outrigger::study {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

Result<std::unique_ptr<HedgeRule>> one_to_one(std::string_view asset, const RuleContext& context) {
    for (std::size_t k = 0; k < context.instruments.size(); ++k) {
        if (context.assets[static_cast<std::size_t>(context.instruments[k])] == asset)
            return fixed_rule(VectorXd::Unit(std::ssize(context.instruments), static_cast<Index>(k)));
    }
    return fail(Errc::not_found, fmt::format("'{}' is not one of the instruments", asset));
}

std::chrono::seconds bar_of(const RuleContext& context) {
    return std::chrono::duration_cast<std::chrono::seconds>(context.pipeline.pipeline.bar);
}

Result<std::chrono::seconds> window_of(std::string_view text, const RuleContext& context) {
    const auto length = parse_duration(text);
    if (!length || *length < bar_of(context)) {
        return fail(Errc::config,
                    fmt::format("'{}' is no window of at least one bar; 30d or 72h would be one", text));
    }
    return *length;
}

Result<std::unique_ptr<HedgeRule>> moments(Moments kind, std::string_view window,
                                           const RuleContext& context) {
    return moments_rule(kind, OR_TRY(window_of(window, context)), bar_of(context), context.instruments);
}

/// "oas:30d"
Result<std::unique_ptr<HedgeRule>> windowed(std::string_view name, const RuleContext& context) {
    const auto colon = name.find(':');
    const auto estimator = estimator_by_name(name.substr(0, colon));
    if (!estimator) {
        std::string names;
        for (const auto& e : estimators()) names += fmt::format("{}{}", names.empty() ? "" : ", ", e.name);
        return fail(Errc::not_found,
                    fmt::format("there is no estimator '{}'; there are {}", name.substr(0, colon), names));
    }
    return estimator_rule(*estimator, OR_TRY(window_of(name.substr(colon + 1), context)), bar_of(context),
                          context.instruments);
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    constexpr std::int64_t kLongest = 100'000;
    if (error != std::errc{} || count <= 0 || count > kLongest || end + 1 != text.data() + text.size())
        return std::nullopt;
    switch (*end) {
        case 'm': return std::chrono::minutes{count};
        case 'h': return std::chrono::hours{count};
        case 'd': return std::chrono::hours{24 * count};
        default: return std::nullopt;
    }
}

Result<std::unique_ptr<HedgeRule>> rule_by_name(std::string_view name, const RuleContext& context) {
    const auto count = std::ssize(context.instruments);
    const auto pipeline = [&](const PipelineRuleParams& params) {
        return pipeline_rule(params, context.exposure_usd, context.value_usd, context.instruments);
    };
    PipelineRuleParams changed = context.pipeline;
    constexpr std::string_view kOneToOne = "one-to-one-";
    if (name == "default") return pipeline(context.pipeline);
    if (name == "default-shrink") {
        changed.pipeline.on_decorrelated = Reaction::shrink;
        return pipeline(changed);
    }
    if (name == "default-unwatched") {
        changed.pipeline.watch = false;
        return pipeline(changed);
    }
    if (name == "default-estimator") {
        changed.pipeline.gate = changed.pipeline.band = changed.pipeline.watch = false;
        changed.pipeline.legs = 0;
        return pipeline(changed);
    }
    if (name == "none") return fixed_rule({});
    if (name == "equal") return fixed_rule(VectorXd::Constant(count, 1.0 / static_cast<double>(count)));
    if (name.starts_with(kOneToOne)) return one_to_one(name.substr(kOneToOne.size()), context);
    if (name == "kalman") return kalman_rule(context.exposure_usd, context.instruments);
    if (name.find(':') != std::string_view::npos) return windowed(name, context);
    if (name.starts_with("ols")) return moments(Moments::rolling_ols, name.substr(3), context);
    if (name.starts_with("lw")) return moments(Moments::rolling_ledoit_wolf, name.substr(2), context);
    if (name.starts_with("ewma")) return moments(Moments::ewma, name.substr(4), context);
    return fail(Errc::not_found,
                fmt::format("there is no estimator '{}'; there are default, default-shrink, "
                            "default-unwatched, default-estimator, none, equal, "
                            "one-to-one-ASSET, and with a window (30d, 72h) "
                            "ols, lw and ewma, NAME:30d of any covariance estimator, and kalman",
                            name));
}

std::vector<std::string> compared_rules(const RuleContext& context) {
    std::vector<std::string> out{"default", "default-shrink", "default-unwatched", "default-estimator",
                                 "none"};
    for (const Index k : context.instruments)
        out.push_back("one-to-one-" + context.assets[static_cast<std::size_t>(k)]);
    if (context.instruments.size() > 1) out.emplace_back("equal");
    for (const char* name : {"ols30d", "ols90d", "lw30d", "lw90d", "ewma5d", "ewma20d", "ewma60d"})
        out.emplace_back(name);
    return out;
}

}  // namespace outrigger::study
