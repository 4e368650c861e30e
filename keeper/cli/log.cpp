// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

namespace outrigger::cli {

namespace {

bool json_lines = false;

/// A line as one JSON object. Escaping is nlohmann's: nothing a node or a token name says can break a line.
class JsonFormatter final : public spdlog::formatter {
  public:
    explicit JsonFormatter(std::string mode) : mode_(std::move(mode)) {}

    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        const auto millis = std::chrono::floor<std::chrono::milliseconds>(message.time);
        const auto seconds = std::chrono::floor<std::chrono::seconds>(millis);
        nlohmann::ordered_json line;
        line["ts"] = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                                 (millis - seconds).count());
        line["mode"] = mode_;
        line["level"] = std::string(spdlog::level::to_string_view(message.level).data(),
                                    spdlog::level::to_string_view(message.level).size());
        const std::string text(message.payload.data(), message.payload.size());
        auto event = text.starts_with("{") ? nlohmann::ordered_json::parse(text, nullptr, false)
                                           : nlohmann::ordered_json();
        if (event.is_object()) {
            line.update(event);
        } else {
            line["event"] = "log";
            line["message"] = text;
        }
        const std::string rendered =
            line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
        out.append(rendered.data(), rendered.data() + rendered.size());
    }

    std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<JsonFormatter>(mode_);
    }

  private:
    std::string mode_;
};

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

/// Text from outside on a terminal: no control characters.
std::string printable(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return text;
}

}  // namespace

void configure_logging(const config::LogSettings& log, const std::string& mode) {
    auto logger = std::make_shared<spdlog::logger>(
        "outrigger", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>());
    json_lines = log.format == config::LogFormat::json ||
                 (log.format == config::LogFormat::automatic && isatty(STDERR_FILENO) != 1);
    if (json_lines) {
        logger->set_formatter(std::make_unique<JsonFormatter>(mode));
    } else {
        logger->set_pattern("%H:%M:%SZ " + mode + " %v", spdlog::pattern_time_type::utc);
    }
    constexpr std::array kLevels{spdlog::level::trace, spdlog::level::debug, spdlog::level::info,
                                 spdlog::level::warn, spdlog::level::err};
    logger->set_level(kLevels.at(static_cast<std::size_t>(log.level)));
    spdlog::set_default_logger(std::move(logger));
}

void log_event(Level level, const std::string& subject, const std::string& event, const std::string& sentence,
               const std::vector<std::pair<std::string, std::string>>& fields) {
    if (!json_lines) {
        spdlog::log(spdlog_level(level), "{:<12} {:<10} {}", subject, event, printable(sentence));
        return;
    }
    nlohmann::ordered_json line{{"subject", subject}, {"event", event}, {"message", sentence}};
    for (const auto& [key, value] : fields) line[key] = value;
    spdlog::log(spdlog_level(level), "{}",
                line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace outrigger::cli
