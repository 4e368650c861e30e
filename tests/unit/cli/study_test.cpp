// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/study.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "keeper/cli/price_file.hpp"

namespace outrigger::cli {
namespace {

namespace fs = std::filesystem;

class StudyVerb : public testing::Test {
  protected:
    void SetUp() override {
        dir_ = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
        fs::create_directories(dir_);
        std::mt19937_64 random(7);
        std::normal_distribution<double> normal(0, 0.01);
        double eth = 2000;
        double arb = 1;
        text_ = "timestamp,ARB,ETH\n";
        for (int hour = 0; hour < 1500; ++hour) {
            text_ += fmt_row(3600 * (hour + 1), arb, eth);
            const double common = normal(random);
            eth *= std::exp(common);
            arb *= std::exp(1.2 * common + 0.5 * normal(random));
        }
    }
    void TearDown() override { fs::remove_all(dir_); }

    static std::string fmt_row(int at, double arb, double eth) {
        return std::to_string(at) + "," + std::to_string(arb) + "," + std::to_string(eth) + "\n";
    }
    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(dir_ / name) << text;
        return dir_ / name;
    }
    std::string zip(const std::string& name) {
        const std::string path = dir_ / name;
        gzFile file = gzopen(path.c_str(), "wb");
        gzwrite(file, text_.data(), static_cast<unsigned>(text_.size()));
        gzclose(file);
        return path;
    }
    StudyFlags flags(const std::string& prices) {
        StudyFlags out;
        out.prices = prices;
        out.exposure = {"ARB=10000"};
        out.instruments = {"ETH"};
        out.warm_up = "20d";
        return out;
    }
    nlohmann::json json(const StudyFlags& what, int code = 0) {
        Globals globals;
        globals.out.json = true;
        globals.out.quiet = true;
        testing::internal::CaptureStdout();
        EXPECT_EQ(study(globals, what), code);
        return nlohmann::json::parse(testing::internal::GetCapturedStdout());
    }

    fs::path dir_;
    std::string text_;
};

TEST_F(StudyVerb, SaysTheSameOfAPlainAndACompressedFile) {
    auto plain = json(flags(write("p.csv", text_)));
    auto zipped = json(flags(zip("p.csv.gz")));
    EXPECT_EQ(plain["schema"], 1);
    EXPECT_EQ(plain["estimator"], "default");
    EXPECT_EQ(plain["estimators"][0]["estimator"], "default");
    EXPECT_GT(plain["estimators"][0]["variance_reduction"], 0.7);
    EXPECT_NEAR(plain["ratio"][0]["target"].get<double>(), -1.2, 0.15);
    EXPECT_LT(plain["ratio"][0]["low"], plain["ratio"][0]["target"]);
    EXPECT_GT(plain["ratio"][0]["high"], plain["ratio"][0]["target"]);
    plain.erase("prices");
    zipped.erase("prices");
    EXPECT_EQ(plain, zipped);
}

TEST_F(StudyVerb, WritesEveryStep) {
    auto what = flags(write("p.csv", text_));
    what.series = dir_ / "steps.csv";
    what.every = "24h";
    what.estimator = "ols10d";
    what.compare = {"none"};
    const auto document = json(what);
    EXPECT_EQ(document["estimators"].size(), 2U);
    std::ifstream file(what.series);
    std::string line;
    std::getline(file, line);
    EXPECT_TRUE(
        line.starts_with("at,until,counted,unhedged_usd,hedged_usd,traded_usd,held_ETH_usd,target_ETH_usd"));
    const auto columns = std::count(line.begin(), line.end(), ',');
    std::size_t counted = 0;
    while (std::getline(file, line)) {
        EXPECT_EQ(std::count(line.begin(), line.end(), ','), columns);
        counted += line.find(",1,") != std::string::npos ? 1U : 0U;
    }
    EXPECT_EQ(document["estimators"][0]["decisions"], counted);
}

TEST_F(StudyVerb, SaysWhatIsWrongAndHowToPutItRight) {
    const auto path = write("p.csv", text_);
    const auto fails = [&](auto change, int code) {
        auto what = flags(path);
        change(what);
        const auto error = json(what, code)["error"];
        EXPECT_FALSE(error.is_null());
    };
    fails([](auto& f) { f.exposure = {"ARB"}; }, 2);
    fails([](auto& f) { f.exposure = {"ARB=0"}; }, 2);
    fails([](auto& f) { f.exposure = {}; }, 2);
    fails([](auto& f) { f.instruments = {","}; }, 2);
    fails([](auto& f) { f.instruments = {"ETH,ETH"}; }, 2);
    fails([](auto& f) { f.bar = "1y"; }, 2);
    fails([](auto& f) { f.every = "90m"; }, 2);
    fails([](auto& f) { f.from = "2022-13-01"; }, 2);
    fails([](auto& f) { f.warm_up = "long"; }, 2);
    fails([](auto& f) { f.estimator = "oracle"; }, 2);
    fails([](auto& f) { f.instruments = {"SOL"}; }, 3);
    fails([](auto& f) { f.prices += ".none"; }, 3);
    fails([&](auto& f) { f.prices = write("cut.csv", text_ + "17"); }, 3);
    fails([](auto& f) { f.series = "/nowhere/steps.csv"; }, 1);
    fails([](auto& f) { f.warm_up = "900d"; }, 1);
}

TEST_F(StudyVerb, ADamagedArchiveIsNotAShortOne) {
    const auto path = zip("p.csv.gz");
    fs::resize_file(path, fs::file_size(path) / 2);
    EXPECT_EQ(read_text_file(path).error().code, Errc::decode);
    EXPECT_EQ(read_text_file(dir_ / "none").error().code, Errc::not_found);
    EXPECT_EQ(read_text_file(write("big", text_), 100).error().code, Errc::decode);
}

}  // namespace
}  // namespace outrigger::cli
