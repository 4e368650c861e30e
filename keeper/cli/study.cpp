// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "keeper/cli/context.hpp"
#include "keeper/cli/price_file.hpp"
#include "keeper/cli/study_view.hpp"

namespace outrigger::cli {

namespace {

using study::Held;

Failure usage(std::string what, std::string fix) {
    return {Exit::usage, "study.usage", std::move(what), "", "", std::move(fix)};
}

std::vector<std::string> words(const std::vector<std::string>& lists) {
    std::vector<std::string> out;
    for (std::string_view list : lists) {
        while (!list.empty()) {
            const auto comma = list.find(',');
            if (const auto word = list.substr(0, comma); !word.empty()) out.emplace_back(word);
            list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        }
    }
    return out;
}

std::optional<double> number(std::string_view text) {
    double out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size() && std::isfinite(out) ? std::optional(out)
                                                                                          : std::nullopt;
}

/// "2022-01-31" as its first moment in UTC, or seconds since 1970.
std::optional<TimePoint> moment(std::string_view text) {
    int parts[3] = {};
    if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
        const std::string_view pieces[3] = {text.substr(0, 4), text.substr(5, 2), text.substr(8, 2)};
        for (int i = 0; i < 3; ++i) {
            const auto end = pieces[i].data() + pieces[i].size();
            if (const auto got = std::from_chars(pieces[i].data(), end, parts[i]); got.ptr != end)
                return std::nullopt;
        }
        const std::chrono::year_month_day day{std::chrono::year{parts[0]},
                                              std::chrono::month{static_cast<unsigned>(parts[1])},
                                              std::chrono::day{static_cast<unsigned>(parts[2])}};
        return day.ok() ? std::optional<TimePoint>(std::chrono::sys_days{day}) : std::nullopt;
    }
    const auto seconds = number(text);
    if (!seconds || *seconds < 0 || *seconds > 1e11) return std::nullopt;
    return TimePoint{std::chrono::seconds{static_cast<std::int64_t>(*seconds)}};
}

struct Request {
    std::vector<std::pair<std::string, double>> exposure;
    std::vector<std::string> instruments;  // empty: every other asset of the file
    study::BarSpec bars;
    std::chrono::seconds every{0};
    Held held = Held::tokens;
};

Outcome<Request> parse(const StudyFlags& flags) {
    Request out;
    for (const auto& word : words(flags.exposure)) {
        const auto equals = word.find('=');
        const auto usd =
            equals == std::string::npos ? std::nullopt : number(std::string_view(word).substr(equals + 1));
        if (!usd || *usd == 0)
            return stop(usage(fmt::format("'{}' is no exposure", word),
                              "--exposure ARB=10000 (USD; negative is short)"));
        out.exposure.emplace_back(word.substr(0, equals), *usd);
    }
    if (out.exposure.empty()) return stop(usage("no exposure is given", "--exposure ARB=10000"));
    out.instruments = words(flags.instruments);
    if (out.instruments.empty())
        return stop(usage("no instrument is given", "--instruments ETH,BTC, or all"));
    if (out.instruments.size() == 1 && out.instruments[0] == "all") out.instruments.clear();
    const auto bar = study::parse_duration(flags.bar);
    const auto every = flags.every.empty() ? bar : study::parse_duration(flags.every);
    if (!bar) return stop(usage(fmt::format("'{}' is no length of a bar", flags.bar), "--bar 1h, 15m or 1d"));
    if (!every || *every % *bar != std::chrono::seconds{0})
        return stop(usage(fmt::format("'{}' is not a whole number of bars", flags.every), "--every 24h"));
    out.bars.bar = *bar;
    out.every = *every;
    for (const auto& [text, to] :
         {std::pair{&flags.from, &out.bars.from}, std::pair{&flags.to, &out.bars.to}}) {
        if (text->empty()) continue;
        const auto at = moment(*text);
        if (!at) return stop(usage(fmt::format("'{}' is no date", *text), "--from 2022-01-31"));
        *to = *at;
    }
    if (flags.holding == "lp") out.held = Held::full_range_lp;
    return out;
}

/// Every asset once: the exposure's, then the instruments that are not among them.
Outcome<void> name_assets(Request& request, const study::PriceTable& prices) {
    if (request.instruments.empty()) {
        for (const auto& name : prices.names) {
            const bool exposed = std::any_of(request.exposure.begin(), request.exposure.end(),
                                             [&](const auto& e) { return e.first == name; });
            if (!exposed) request.instruments.push_back(name);
        }
    }
    for (const auto& [name, usd] : request.exposure) request.bars.names.push_back(name);
    for (const auto& name : request.instruments) {
        if (std::count(request.instruments.begin(), request.instruments.end(), name) > 1)
            return stop(usage(fmt::format("the instrument '{}' is named twice", name), "name each once"));
        auto& names = request.bars.names;
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return {};
}

Outcome<study::WalkSpec> walk_spec(const Request& request, const StudyFlags& flags) {
    study::WalkSpec out;
    const auto& names = request.bars.names;
    const auto column = [&](const std::string& name) {
        return std::find(names.begin(), names.end(), name) - names.begin();
    };
    out.exposure_usd = Eigen::VectorXd::Zero(std::ssize(names));
    for (const auto& [name, usd] : request.exposure) out.exposure_usd[column(name)] += usd;
    for (const auto& name : request.instruments) out.instruments.push_back(column(name));
    out.held = request.held;
    out.every = request.every;
    const auto warm_up = study::parse_duration(flags.warm_up);
    if (!warm_up)
        return stop(usage(fmt::format("'{}' is no length of time", flags.warm_up), "--warm-up 90d"));
    out.warm_up = *warm_up;
    return out;
}

/// Walks one rule. Errors name the rule.
Outcome<StudyRow> row_of(const std::string& name, const study::StudyBars& bars, const study::WalkSpec& spec,
                         const study::RuleContext& context) {
    const auto named = [&](const Error& e) {
        const Exit exit = e.code == Errc::not_found || e.code == Errc::config ? Exit::usage : Exit::error;
        return stop(failure_from(e, exit, "study.failed",
                                 fmt::format("the estimator '{}' cannot be walked", name),
                                 "outrigger study --help"));
    };
    auto rule = study::rule_by_name(name, context);
    if (!rule) return named(rule.error());
    auto steps = study::walk(bars, spec, **rule);
    if (!steps) return named(steps.error());
    const auto summary = study::summarise(*steps, spec);
    if (!summary) return named(summary.error());
    return StudyRow{name, *std::move(steps), *summary};
}

Outcome<Study> study_of(const StudyFlags& flags, const Output& out) {
    auto request = parse(flags);
    if (!request) return tl::unexpected(request.error());
    const auto bad_file = [&](const Error& e) {
        return stop(failure_from(e, Exit::config, "study.prices", "the prices cannot be used",
                                 "docs/study.md says what a price file looks like"));
    };
    const auto text = read_text_file(flags.prices);
    if (!text) return bad_file(text.error());
    const auto prices = study::parse_prices(*text);
    if (!prices) return bad_file(prices.error());
    if (const auto named = name_assets(*request, *prices); !named) return tl::unexpected(named.error());
    const auto bars = study::bars_of(*prices, request->bars);
    if (!bars) return bad_file(bars.error());
    Study result;
    result.prices = flags.prices;
    result.bars = *bars;
    const auto spec = walk_spec(*request, flags);
    if (!spec) return tl::unexpected(spec.error());
    result.spec = *spec;
    study::RuleContext context{bars->names,
                               result.spec.instruments,
                               result.spec.exposure_usd,
                               study::position_value(result.spec),
                               {}};
    context.pipeline.pipeline.bar = request->bars.bar;
    context.pipeline.pipeline.legs = flags.legs;
    auto names = words(flags.compare);
    if (names.empty()) names = study::compared_rules(context);
    names.erase(std::remove(names.begin(), names.end(), flags.estimator), names.end());
    names.insert(names.begin(), flags.estimator);
    for (const auto& name : names) {
        out.progress(fmt::format("walking {}", name));
        auto row = row_of(name, *bars, result.spec, context);
        if (!row) return tl::unexpected(row.error());
        result.rows.push_back(*std::move(row));
    }
    const auto& target = result.rows.front().steps.back().target_usd;
    if (target.size() == std::ssize(result.spec.instruments)) {
        Eigen::VectorXd hedge = Eigen::VectorXd::Zero(result.spec.exposure_usd.size());
        for (std::size_t k = 0; k < result.spec.instruments.size(); ++k)
            hedge[result.spec.instruments[k]] += target[static_cast<Eigen::Index>(k)];
        if (auto found = study::relationship_of(*bars, result.spec.exposure_usd, hedge))
            result.relationship = *found;
    }
    return result;
}

}  // namespace

int study(const Globals& globals, const StudyFlags& flags) {
    const auto& out = globals.out;
    const auto result = study_of(flags, out);
    if (!result) return out.failed(result.error());
    if (!flags.series.empty()) {
        std::ofstream file(flags.series, std::ios::trunc);
        file << series_csv(*result);
        file.flush();
        if (!file) {
            return out.failed({Exit::error, "study.series", "the series cannot be written", flags.series, "",
                               "--series a file in a folder that exists"});
        }
    }
    if (out.json) {
        out.document(study_document(*result));
    } else {
        out.result(study_text(*result, out));
    }
    return 0;
}

}  // namespace outrigger::cli
