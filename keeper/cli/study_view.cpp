// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/study_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "keeper/cli/context.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

std::string percent(std::optional<double> share) {
    return share ? fmt::format("{:.1f} %", 100 * *share) : "?";
}

json number(std::optional<double> value) {
    return value && std::isfinite(*value) ? json(*value) : json(nullptr);
}

const std::string& instrument(const Study& study, std::size_t k) {
    return study.bars.names[static_cast<std::size_t>(study.spec.instruments[k])];
}

/// A hedge as multiples of the exposure: what the last decision wanted, with what its evidence allows.
struct Ratio {
    std::string instrument;
    double held = 0;
    std::optional<double> target;
    std::optional<double> low;
    std::optional<double> high;
};

std::vector<Ratio> ratios(const Study& study) {
    const study::Step& last = study.rows.front().steps.back();
    const double exposure = study.spec.exposure_usd.cwiseAbs().sum();
    std::vector<Ratio> out;
    for (std::size_t k = 0; k < study.spec.instruments.size(); ++k) {
        const auto i = static_cast<Eigen::Index>(k);
        Ratio ratio{instrument(study, k), last.held_usd[i] / exposure, {}, {}, {}};
        if (last.target_usd.size() > i) ratio.target = last.target_usd[i] / exposure;
        const auto& notes = last.notes;
        if (ratio.target && notes.correlation && *notes.correlation > 0) {
            // The hedge scales with the correlation: so does its interval.
            const double one = *ratio.target * *notes.correlation_low / *notes.correlation;
            const double other = *ratio.target * *notes.correlation_high / *notes.correlation;
            ratio.low = std::min(one, other);
            ratio.high = std::max(one, other);
        }
        out.push_back(ratio);
    }
    return out;
}

std::string comparison(const Study& study) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, steps, s] : study.rows) {
        rows.push_back({name, percent(s.variance_reduction), percent(s.es_reduction),
                        fmt::format("{:.1f}x", s.turnover), grouped(s.trades_per_year, 0),
                        fmt::format("{:.2f}", s.gross_ratio), grouped(s.worst_usd, 0)});
    }
    return table({{"ESTIMATOR", false},
                  {"VARIANCE REMOVED", true},
                  {"ES(5 %) REMOVED", true},
                  {"TURNOVER A YEAR", true},
                  {"TRADES A YEAR", true},
                  {"HELD", true},
                  {"WORST USD", true}},
                 rows);
}

std::string events(const Study& study) {
    constexpr std::size_t kShown = 12;
    std::vector<std::string> lines;
    for (const auto& step : study.rows.front().steps) {
        if (step.counted && !step.notes.event.empty())
            lines.push_back(fmt::format("  {}  {}", iso_time(step.at), step.notes.event));
    }
    if (lines.empty()) return "no change of regime";
    std::string out = fmt::format("{} changes of regime", lines.size());
    if (lines.size() > kShown) out += fmt::format(", the last {}", kShown);
    const std::size_t first = lines.size() > kShown ? lines.size() - kShown : 0;
    for (std::size_t i = first; i < lines.size(); ++i) out += "\n" + lines[i];
    return out;
}

std::string optional_number(const std::optional<double>& value, const char* format) {
    return value ? fmt::format(fmt::runtime(format), *value) : "unknown";
}

std::string relationship(const study::Relationship& r) {
    return fmt::format(
        "relationship over {} bars: correlation {:.2f}, recent {:.2f} against {:.2f} in the long run (z {})\n"
        "  constant throughout: p {} (Wied, Kraemer and Dehling); most likely break of the ratio {}, p {}",
        r.bars, r.correlation, r.recent, r.steady, optional_number(r.gap_z, "{:+.1f}"),
        optional_number(r.constancy_p, "{:.3f}"), r.break_at ? iso_time(*r.break_at) : "unknown",
        optional_number(r.break_p, "{:.3f}"));
}

json relationship_json(const std::optional<study::Relationship>& r) {
    if (!r) return nullptr;
    return {{"bars", r->bars},
            {"correlation", r->correlation},
            {"recent", r->recent},
            {"steady", r->steady},
            {"gap_z", number(r->gap_z)},
            {"constancy", number(r->constancy)},
            {"constancy_p", number(r->constancy_p)},
            {"break_at", r->break_at ? json(r->break_at->time_since_epoch().count()) : json(nullptr)},
            {"break_p", number(r->break_p)}};
}

json summary(const StudyRow& row) {
    const study::Summary& s = row.summary;
    return {{"estimator", row.name},
            {"decisions", s.decisions},
            {"variance_reduction", number(s.variance_reduction)},
            {"es5_reduction", number(s.es_reduction)},
            {"sd_unhedged_usd", s.sd_unhedged_usd},
            {"sd_hedged_usd", s.sd_hedged_usd},
            {"turnover_per_year", s.turnover},
            {"trades_per_year", s.trades_per_year},
            {"held_ratio", s.gross_ratio},
            {"worst_usd", s.worst_usd},
            {"regime_changes", s.regime_changes},
            {"share_gate_closed", s.share_gate_closed}};
}

}  // namespace

std::string study_text(const Study& study, const Output& out) {
    const StudyRow& main = study.rows.front();
    std::string text = fmt::format(
        "{}  {} to {}, {} bars of {} s, {} after a gap; {} decisions counted\n\n", out.bold("study"),
        iso_time(study.bars.first), iso_time(study.bars.ends.back()), study.bars.ends.size(),
        study.bars.bar.count(), std::count(study.bars.after_gap.begin(), study.bars.after_gap.end(), true),
        main.summary.decisions);
    text += comparison(study) + "\n\n";
    text += fmt::format("{} at the end, per unit of exposure\n", main.name);
    for (const Ratio& r : ratios(study)) {
        text += fmt::format("  {:<8} held {:+.3f}", r.instrument, r.held);
        if (r.target) text += fmt::format(", target {:+.3f}", *r.target);
        if (r.low) text += fmt::format(", 95 % interval {:+.3f} to {:+.3f}", *r.low, *r.high);
        text += "\n";
    }
    if (study.relationship) text += "\n" + relationship(*study.relationship) + "\n";
    return text + "\n" + events(study);
}

json study_document(const Study& study) {
    json exposure = json::object();
    for (Eigen::Index i = 0; i < study.spec.exposure_usd.size(); ++i) {
        if (study.spec.exposure_usd[i] != 0)
            exposure[study.bars.names[static_cast<std::size_t>(i)]] = study.spec.exposure_usd[i];
    }
    json ratio = json::array();
    json instruments = json::array();
    for (const Ratio& r : ratios(study)) {
        instruments.push_back(r.instrument);
        ratio.push_back({{"instrument", r.instrument},
                         {"held", r.held},
                         {"target", number(r.target)},
                         {"low", number(r.low)},
                         {"high", number(r.high)}});
    }
    json events = json::array();
    for (const auto& step : study.rows.front().steps) {
        if (!step.notes.event.empty())
            events.push_back(
                {{"at", step.at.time_since_epoch().count()},
                 {"regime", step.notes.regime ? json(to_string(*step.notes.regime)) : json(nullptr)},
                 {"what", step.notes.event},
                 {"counted", step.counted}});
    }
    json rows = json::array();
    for (const auto& row : study.rows) rows.push_back(summary(row));
    return {{"schema", 1},
            {"prices", study.prices},
            {"from", study.bars.first.time_since_epoch().count()},
            {"to", study.bars.ends.back().time_since_epoch().count()},
            {"bar_s", study.bars.bar.count()},
            {"every_s", study.spec.every.count()},
            {"warm_up_s", study.spec.warm_up.count()},
            {"bars", study.bars.ends.size()},
            {"bars_after_gap", std::count(study.bars.after_gap.begin(), study.bars.after_gap.end(), true)},
            {"exposure_usd", std::move(exposure)},
            {"value_usd", study::position_value(study.spec)},
            {"instruments", std::move(instruments)},
            {"estimator", study.rows.front().name},
            {"estimators", std::move(rows)},
            {"relationship", relationship_json(study.relationship)},
            {"ratio", std::move(ratio)},
            {"events", std::move(events)}};
}

std::string series_csv(const Study& study) {
    std::string out = "at,until,counted,unhedged_usd,hedged_usd,traded_usd";
    for (const char* what : {"held", "target"}) {
        for (std::size_t k = 0; k < study.spec.instruments.size(); ++k)
            out += fmt::format(",{}_{}_usd", what, instrument(study, k));
    }
    out += ",correlation,correlation_low,correlation_high,gate_open,band_usd,regime\n";
    const auto cell = [](std::optional<double> value) {
        return value ? fmt::format(",{:.9g}", *value) : ",";
    };
    for (const auto& step : study.rows.front().steps) {
        out += fmt::format("{},{},{:d},{:.9g},{:.9g},{:.9g}", step.at.time_since_epoch().count(),
                           step.until.time_since_epoch().count(), step.counted, step.unhedged_usd,
                           step.hedged_usd, step.traded_usd);
        for (const auto* legs : {&step.held_usd, &step.target_usd}) {
            for (Eigen::Index k = 0; k < std::ssize(study.spec.instruments); ++k)
                out += cell(legs->size() > k ? std::optional((*legs)[k]) : std::nullopt);
        }
        const auto& n = step.notes;
        out += cell(n.correlation) + cell(n.correlation_low) + cell(n.correlation_high);
        out += n.gate_open ? (*n.gate_open ? ",1" : ",0") : ",";
        out += cell(n.band_usd) + "," + (n.regime ? std::string(to_string(*n.regime)) : "") + "\n";
    }
    return out;
}

}  // namespace outrigger::cli
