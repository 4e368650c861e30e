// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "keeper/cli/log.hpp"
#include "keeper/cli/study.hpp"
#include "keeper/cli/verbs.hpp"

namespace {

using namespace outrigger;

constexpr const char* kOverview = R"(outrigger - keeps an AMM position hedged. Dry-run unless you say --live.

Start here
  demo         watch a hedge on a local chain: no config, no key, no money
  check        is everything ready? (config, RPC, position, oracle, venue, key)   alias: doctor
Run
  run          the keeper. Dry-run by default; --live needs --confirm
  signer       the key's own process, for key.signer = "service"; run --live starts one by itself
  pause        no new hedges, of one position or all, until resume   (--json)
  resume       hedge again   (--json)
Understand
  status       what is on, how far from neutral, what it holds   (--json)
  explain      why it did, or did not, hedge
  positions    what each position holds, earns and loses, and where its range ends   (--json)
  stress       what a bad day would do to it, and what the keeper would do   (--json)
  history      the prices it stands on: show, backfill, import, export   (--json)
Build & measure
  study        what each way to hedge would have done in past prices, before risking money   (--json)
  devnet       up, down, status, price, mine: a local chain with real protocol bytecode
  version

outrigger <command> --help      examples first, then flags
)";

constexpr std::array kVerbs{"demo",    "check",     "doctor",  "run",    "status",
                            "explain", "positions", "history", "devnet", "stress",
                            "study",   "version",   "signer",  "pause",  "resume"};

/// Edits that turn one word into the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t corner = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t up = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)});
            corner = up;
        }
    }
    return row[b.size()];
}

/// What is wrong with the command line, with the nearest verb when one was misspelt.
int usage_failure(const cli::Output& out, const CLI::ParseError& error, int argc, char** argv) {
    cli::Failure failure{cli::Exit::usage, "usage", error.what(), "", "", "outrigger --help"};
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word.starts_with("-")) continue;
        if (std::find(kVerbs.begin(), kVerbs.end(), word) != kVerbs.end()) break;
        const auto nearest = std::min_element(kVerbs.begin(), kVerbs.end(), [&](auto a, auto b) {
            return distance(word, a) < distance(word, b);
        });
        failure.what = "there is no command '" + std::string(word) + "'";
        if (distance(word, *nearest) <= 3) failure.fix = "did you mean: outrigger " + std::string(*nearest);
        break;
    }
    return out.failed(failure);
}

struct Flags {
    cli::Globals globals;
    bool json = false;
    bool quiet = false;
    std::string colour = "auto";
    cli::RunFlags run;
    cli::SignerFlags signer;
    cli::PauseFlags pause;
    cli::CheckFlags check;
    cli::HistoryFlags history;
    cli::ExplainFlags explain;
    cli::PositionsFlags positions;
    cli::StressFlags stress;
    bool stress_now = true;  // the only kind there is
    cli::DemoFlags demo;
    cli::DevnetFlags devnet;
    cli::StudyFlags study;
};

void add_globals(CLI::App& app, Flags& flags) {
    app.add_option("-c,--config", flags.globals.config,
                   "configuration file (default: $OUTRIGGER_CONFIG, ./outrigger.toml, "
                   "~/.config/outrigger/outrigger.toml)");
    app.add_option("--set", flags.globals.set, "KEY=VALUE over file and environment; repeatable")
        ->allow_extra_args(false);
    app.add_flag("--json", flags.json, "the result as JSON on stdout");
    app.add_flag("-q,--quiet", flags.quiet, "no talk on stderr, errors only");
    app.add_option("--color", flags.colour, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_ledger(CLI::App& app, cli::StatusFlags& flags) {
    auto* live = app.add_flag("--live", flags.live, "the live ledger");
    app.add_flag("--dry-run", flags.dry_run, "the dry-run ledger (default: whichever was written last)")
        ->excludes(live);
}

void add_run_verbs(CLI::App& app, Flags& flags) {
    auto* run = app.add_subcommand("run",
                                   "the keeper; a dry run unless --live\n\n  outrigger run\n  outrigger run "
                                   "--live --confirm arbitrum:9f3a");
    run->add_flag("--live", flags.run.live, "sign and send; needs --confirm");
    run->add_option("--confirm", flags.run.confirm, "PRESET:LAST4 of the signer, for --live");
    run->add_flag("--resume", flags.run.resume,
                  "clear what a guard has latched, and accept the chain's nonce");
    run->add_option("--rounds", flags.run.rounds, "stop after that many rounds (0: run until stopped)");

    auto* signer =
        app.add_subcommand("signer",
                           "the key's own process: judges and signs, and has no network\n\n  outrigger "
                           "signer\n\nThe keeper reaches it "
                           "through a Unix socket beside the live ledger (key.signer = \"service\").");
    signer->add_flag("--once", flags.signer.once, "end when the first keeper that connected has gone");
    signer->add_option("--ready-fd", flags.signer.ready_fd, "descriptor to say on that it has started")
        ->group("");

    auto* pause = app.add_subcommand("pause",
                                     "no new hedges until resume\n\n  outrigger pause\n  outrigger pause "
                                     "eth-usdc --reason \"moving the range\"");
    pause->add_option("position", flags.pause.position, "a position's name (default: all)");
    pause->add_option("--reason", flags.pause.reason, "what explain says it is for");
    auto* resume =
        app.add_subcommand("resume", "hedge again\n\n  outrigger resume\n  outrigger resume eth-usdc");
    resume->add_option("position", flags.pause.position, "a position's name (default: what pauses all)");

    auto* check = app.add_subcommand("check",
                                     "is everything ready?\n\n  outrigger check\n  outrigger check --live\n  "
                                     "outrigger check --offline")
                      ->alias("doctor");
    auto* offline = check->add_flag("--offline", flags.check.offline, "the configuration only; no network");
    check->add_flag("--quick", flags.check.quick, "do not measure the endpoints")->excludes(offline);
    check->add_flag("--live", flags.check.live, "also key, funds and nonces")->excludes(offline);

    auto* status = app.add_subcommand(
        "status", "what is on and how far from neutral\n\n  outrigger status\n  outrigger status --json");
    add_ledger(*status, flags.explain.ledger);
    auto* explain = app.add_subcommand(
        "explain", "why it did, or did not, hedge\n\n  outrigger explain\n  outrigger explain eth-usdc");
    explain->add_option("position", flags.explain.position, "a position's name (default: all)");
    add_ledger(*explain, flags.explain.ledger);
}

void add_history(CLI::App& app, Flags& flags) {
    auto& h = flags.history;
    auto* history = app.add_subcommand(
        "history",
        "the prices the estimator stands on\n\n  outrigger history\n  outrigger history backfill --days 90\n "
        " "
        "outrigger history import prices.csv --asset ETH\n  outrigger history export > prices.csv\n\nA "
        "file's first "
        "line is time,price or asset,time,price; a time is seconds since 1970 or 2026-11-27T10:00:00Z.");
    history->require_subcommand(0, 1);
    const auto action = [&](const char* name, const char* what) {
        auto* sub = history->add_subcommand(name, what);
        sub->callback([&h, name] { h.action = name; });
        sub->add_flag("--live", h.live, "of the live ledger (default: the dry run's)");
        return sub;
    };
    history->add_flag("--live", h.live, "of the live ledger (default: the dry run's)");
    auto* backfill =
        action("backfill", "read the feeds' own past, as far as it goes; can be stopped at any time");
    backfill->add_option("--days", h.days, "how far back (default: what the model looks back)")
        ->check(CLI::Range(1, 3650));
    backfill->add_flag("--pools", h.pools,
                       "before the feeds' first price, also from the pools' observations");
    auto* import = action("import", "take prices from a CSV file: all of it, or nothing");
    import->add_option("file", h.file, "the file")->required();
    import->add_option("--asset", h.asset, "whose prices they are, where the file does not say");
    import->add_flag("--replace", h.replace, "where the file differs from what is stored, the file counts");
    action("export", "every stored price as CSV")->add_option("--asset", h.asset, "only of this one");
}

void add_positions(CLI::App& app, Flags& flags) {
    auto* positions =
        app.add_subcommand("positions",
                           "what each position holds, earns and loses\n\n  outrigger positions\n  outrigger "
                           "positions --owner 0x...\n  outrigger positions "
                           "--entry-price eth-usdc=3000 --json");
    positions->add_option("--owner", flags.positions.owner,
                          "find this account's positions on the chain instead; needs no configured position");
    positions->add_option("--volatility", flags.positions.volatility,
                          "of the pools' prices, per year: 80% (default: from the price history)");
    positions
        ->add_option("--entry-price", flags.positions.entry_prices,
                     "NAME=PRICE at which a position was entered, as prices are shown; repeatable")
        ->allow_extra_args(false);
}

void add_stress(CLI::App& app, Flags& flags) {
    auto* stress = app.add_subcommand(
        "stress",
        "what a bad day would do to the portfolio as it stands\n\n  outrigger stress --now\n  outrigger "
        "stress "
        "--now --correlation ETH:ARB=0.2 --json\n\ndocs/stress.md explains the rows and every field");
    stress->add_flag("--now", flags.stress_now, "the portfolio as it is on the chain now");
    stress
        ->add_option("--correlation", flags.stress.correlations,
                     "ASSET:ASSET=VALUE, to see with; repeatable, repaired to a correlation matrix")
        ->allow_extra_args(false);
    add_ledger(*stress, flags.stress.ledger);
}

void add_study(CLI::App& app, cli::StudyFlags& flags) {
    auto* study = app.add_subcommand("study",
                                     "what each way to hedge would have done\n\n  outrigger study --prices "
                                     "prices.csv.gz --exposure ARB=10000 "
                                     "--instruments ETH,BTC\n  outrigger study --prices prices.csv "
                                     "--exposure LINK=5000,UNI=5000 --instruments all "
                                     "--legs 4 --json\n\ndocs/study.md explains the files and every field");
    study
        ->add_option("--prices", flags.prices,
                     "CSV, plain or gzip: timestamp,asset,close or timestamp,ETH,BTC,...")
        ->required();
    study->add_option("--exposure", flags.exposure, "ASSET=USD, comma-separated; negative is short")
        ->required();
    study
        ->add_option("--instruments", flags.instruments,
                     "assets that may be traded, or all others of the file")
        ->required();
    study->add_option("--estimator", flags.estimator, "the one to report in full");
    study->add_option("--compare", flags.compare, "the others, comma-separated (default: the usual ones)");
    study->add_option("--bar", flags.bar, "of the estimates: 15m, 1h, 1d");
    study->add_option("--every", flags.every, "between decisions (default: every bar)");
    study->add_option("--from", flags.from, "2021-01-31 or seconds since 1970");
    study->add_option("--to", flags.to, "the same");
    study->add_option("--warm-up", flags.warm_up, "at the start, walked and not counted");
    study->add_option("--holding", flags.holding, "token, or lp: full-range positions with that delta")
        ->check(CLI::IsMember({"token", "lp"}));
    study->add_option("--legs", flags.legs,
                      "at most so many instruments at a time, changed reluctantly (0: all)");
    study->add_option("--series", flags.series, "a CSV file for every step of the estimator");
}

void add_local_verbs(CLI::App& app, Flags& flags) {
    auto* demo = app.add_subcommand(
        "demo", "watch a hedge on a local chain\n\n  outrigger demo\n  outrigger demo --once --json");
    demo->add_flag("--once", flags.demo.once, "without pauses");
    demo->add_option("--speed", flags.demo.speed, "simulated minutes per second")->check(CLI::PositiveNumber);
    demo->add_flag("--hold", flags.demo.hold, "keep the chain up afterwards");

    auto* devnet = app.add_subcommand("devnet",
                                      "a local chain with real protocol bytecode\n\n  outrigger devnet up\n  "
                                      "outrigger devnet price 2900\n  outrigger devnet down");
    devnet->require_subcommand(1);
    flags.devnet.directory = "devnet-data";
    devnet->add_option("--dir", flags.devnet.directory, "where its files go");
    const auto action = [&](const char* name, const char* text) {
        auto* sub = devnet->add_subcommand(name, text);
        sub->callback([&flags, name] { flags.devnet.action = name; });
        return sub;
    };
    action("up", "start it and write a configuration for it")
        ->add_option("--port", flags.devnet.port, "of the node (0: any)");
    action("down", "stop it");
    action("status", "block, feeds, pools and perp markets");
    auto* price = action("price", "move pools, feeds and perp markets together");
    price->add_option("price", flags.devnet.value, "USD")->required();
    price->add_option("--asset", flags.devnet.asset, "ETH, BTC or ARB");
    action("mine", "mine blocks")->add_option("blocks", flags.devnet.value, "how many")->required();
    app.add_subcommand("version", "the version");
}

int dispatch(const CLI::App& app, const Flags& flags) {
    if (app.got_subcommand("run")) return cli::run(flags.globals, flags.run);
    if (app.got_subcommand("signer")) return cli::signer(flags.globals, flags.signer);
    if (app.got_subcommand("pause")) return cli::pause(flags.globals, flags.pause);
    if (app.got_subcommand("resume")) return cli::resume(flags.globals, flags.pause);
    if (app.got_subcommand("check")) return cli::check(flags.globals, flags.check);
    if (app.got_subcommand("status")) return cli::status(flags.globals, flags.explain.ledger);
    if (app.got_subcommand("explain")) return cli::explain(flags.globals, flags.explain);
    if (app.got_subcommand("positions")) return cli::positions(flags.globals, flags.positions);
    if (app.got_subcommand("stress")) return cli::stress(flags.globals, flags.stress);
    if (app.got_subcommand("history")) return cli::history(flags.globals, flags.history);
    if (app.got_subcommand("demo")) return cli::demo(flags.globals, flags.demo);
    if (app.got_subcommand("devnet")) return cli::devnet(flags.globals, flags.devnet);
    if (app.got_subcommand("study")) return cli::study(flags.globals, flags.study);
    if (app.got_subcommand("version")) return cli::version(flags.globals);
    flags.globals.out.result(kOverview);
    return 0;
}

int outrigger_main(int argc, char** argv) {
    Flags flags;
    CLI::App app{"outrigger"};
    app.set_help_flag();  // the overview below is the help of the whole
    bool help = false;
    app.add_flag("-h,--help", help, "this text");
    app.set_version_flag("--version", "outrigger " OUTRIGGER_VERSION);
    app.fallthrough();
    app.require_subcommand(0, 1);
    add_globals(app, flags);
    add_run_verbs(app, flags);
    add_history(app, flags);
    add_positions(app, flags);
    add_stress(app, flags);
    add_local_verbs(app, flags);
    add_study(app, flags.study);
    for (auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        sub->set_help_flag("-h,--help", "this text");
    const auto colour = [&] {
        return flags.colour == "always"
                   ? cli::ColourMode::always
                   : (flags.colour == "never" ? cli::ColourMode::never : cli::ColourMode::automatic);
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::fputs(app.help().c_str(), stdout);
        return 0;
    } catch (const CLI::CallForVersion& version) {
        std::printf("%s\n", version.what());
        return 0;
    } catch (const CLI::ParseError& error) {
        return usage_failure(cli::make_output(flags.json, flags.quiet, colour()), error, argc, argv);
    }
    flags.globals.out = cli::make_output(flags.json, flags.quiet, colour());
    cli::configure_logging({config::LogLevel::warn, config::LogFormat::text},
                           "outrigger");  // a verb with settings sets it anew
    return dispatch(app, flags);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return outrigger_main(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "error: %s\n  why:   an unplanned exception; this is a bug\n", e.what());
        return 1;
    }
}
