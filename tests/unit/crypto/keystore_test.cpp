// SPDX-License-Identifier: Apache-2.0
#include "chain/crypto/keystore.hpp"

#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "chain/crypto/secp256k1.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const json& cases() {
    static const json all = json::parse(std::ifstream(OUTRIGGER_SOURCE_DIR "/tests/fixtures/keystores.json"));
    return all;
}

const json& named(std::string_view name) {
    for (const auto& c : cases()) {
        if (c.at("name") == name) return c;
    }
    ADD_FAILURE() << "no case " << name;
    return cases().at(0);
}

class Published : public testing::TestWithParam<std::size_t> {};

TEST_P(Published, OpensWithItsPassword) {
    const json& c = cases().at(GetParam());
    const auto text = c.at("keystore").get<std::string>();
    const auto key = decrypt_keystore(text, c.at("password").get<std::string>(), "test.json");
    if (c.at("private_key")
            .is_null()) {  // geth reads keys of 31 and 30 bytes; no tool has written one since 2015
        ASSERT_FALSE(key.has_value());
        EXPECT_EQ(key.error().code, Errc::decode);
        EXPECT_THAT(key.error().what, HasSubstr("'ciphertext' has 3"));
        return;
    }
    ASSERT_TRUE(key.has_value()) << key.error().what;
    EXPECT_EQ(to_hex(key->reveal()), c.at("private_key").get<std::string>());
    EXPECT_EQ(checksum_address(KeyPair::create(key->duplicate())->address()),
              c.at("address").get<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Keystore, Published, testing::Range<std::size_t>(0, 11));

TEST(Keystore, EveryPublishedCaseIsRun) {
    EXPECT_EQ(cases().size(), 11U);
}

TEST(Keystore, SaysHowMuchMemoryItNeeds) {
    const auto memory = [](std::string_view name) {
        return keystore_memory_bytes(named(name).at("keystore").get<std::string>()).value();
    };
    EXPECT_EQ(memory("ethers, scrypt n 262144"), (256U << 20) + 3 * 1024);
    EXPECT_EQ(memory("cast form, scrypt n 8192"), (8U << 20) + 3 * 1024);
    EXPECT_EQ(memory("pbkdf2 c 1000"), 0U);
    EXPECT_FALSE(keystore_memory_bytes("{}").has_value());
}

TEST(Keystore, AWrongPasswordIsSaidInOneLine) {
    const json& c = named("ethers, scrypt n 8192");
    for (const std::string password :
         {"", "wrong", "correct horse battery stapl", "correct horse battery staple\n"}) {
        const auto key = decrypt_keystore(c.at("keystore").get<std::string>(), password, "hot.json");
        ASSERT_FALSE(key.has_value());
        EXPECT_EQ(key.error().code, Errc::key);
        EXPECT_TRUE(key.error().what.starts_with("wrong password for hot.json")) << key.error().what;
    }
}

struct Tampering {
    const char* name;
    std::function<void(json&)> change;  // on a good cast-form file (scrypt n 8192, no address)
    Errc code;
    const char* says;
};

/// Flips the last hex digit of a text.
void flip(json& field) {
    auto text = field.get<std::string>();
    text.back() = text.back() == '0' ? '1' : '0';
    field = text;
}

json& crypto(json& file) {
    return file["crypto"];
}
json& kdf(json& file) {
    return file["crypto"]["kdfparams"];
}

const Tampering kTamperings[] = {
    {"mac", [](json& j) { flip(crypto(j)["mac"]); }, Errc::key, "wrong password"},
    {"ciphertext", [](json& j) { flip(crypto(j)["ciphertext"]); }, Errc::key, "wrong password"},
    {"salt", [](json& j) { flip(kdf(j)["salt"]); }, Errc::key, "wrong password"},
    {"cost halved", [](json& j) { kdf(j)["n"] = 4096; }, Errc::key, "wrong password"},
    {"another's address", [](json& j) { j["address"] = "7e5f4552091a69125d5dfcb7b8c2659029395bdf"; },
     Errc::key, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf but its key controls"},
    {"iv changed under an address",  // the MAC does not cover the iv: only the address tells
     [](json& j) {
         j["address"] = named("cast form, scrypt n 8192").at("address");
         flip(crypto(j)["cipherparams"]["iv"]);
     },
     Errc::key, "altered or mixed up"},
    {"n 2^40", [](json& j) { kdf(j)["n"] = 1ULL << 40; }, Errc::key, "power of two"},
    {"n no power of two", [](json& j) { kdf(j)["n"] = 8191; }, Errc::key, "power of two"},
    {"n zero", [](json& j) { kdf(j)["n"] = 0; }, Errc::key, "power of two"},
    {"n negative", [](json& j) { kdf(j)["n"] = -8192; }, Errc::decode, "'n'"},
    {"n a text", [](json& j) { kdf(j)["n"] = "8192"; }, Errc::decode, "'n'"},
    {"n a fraction", [](json& j) { kdf(j)["n"] = 8192.0; }, Errc::decode, "'n'"},
    {"n over 64 bits", [](json& j) { kdf(j)["n"] = 1e30; }, Errc::decode, "'n'"},
    {"n missing", [](json& j) { kdf(j).erase("n"); }, Errc::decode, "'n' is missing"},
    {"r huge", [](json& j) { kdf(j)["r"] = 1 << 20; }, Errc::key, "r=1048576"},
    {"p huge", [](json& j) { kdf(j)["p"] = 1 << 20; }, Errc::key, "p=1048576"},
    {"1 GiB", [](json& j) { kdf(j)["n"] = 1 << 20; }, Errc::key, "1024 MiB"},
    {"too much work", [](json& j) { kdf(j)["n"] = 1 << 18, kdf(j)["p"] = 16; }, Errc::key, "more work"},
    {"dklen 16", [](json& j) { kdf(j)["dklen"] = 16; }, Errc::unsupported, "dklen"},
    {"dklen 64", [](json& j) { kdf(j)["dklen"] = 64; }, Errc::unsupported, "dklen"},
    {"no salt", [](json& j) { kdf(j)["salt"] = ""; }, Errc::decode, "'salt'"},
    {"salt of a megabyte", [](json& j) { kdf(j)["salt"] = std::string(1 << 20, '0'); }, Errc::decode,
     "larger than"},
    {"salt not hex", [](json& j) { kdf(j)["salt"] = "xyz"; }, Errc::decode, "'salt' is not hex"},
    {"pbkdf2 c zero",
     [](json& j) { crypto(j)["kdf"] = "pbkdf2", kdf(j)["c"] = 0, kdf(j)["prf"] = "hmac-sha256"; }, Errc::key,
     "c=0"},
    {"pbkdf2 c huge",
     [](json& j) { crypto(j)["kdf"] = "pbkdf2", kdf(j)["c"] = 1ULL << 40, kdf(j)["prf"] = "hmac-sha256"; },
     Errc::key, "c=1099511627776"},
    {"pbkdf2 with sha512",
     [](json& j) { crypto(j)["kdf"] = "pbkdf2", kdf(j)["c"] = 1000, kdf(j)["prf"] = "hmac-sha512"; },
     Errc::unsupported, "prf"},
    {"argon2", [](json& j) { crypto(j)["kdf"] = "argon2id"; }, Errc::unsupported, "'kdf'"},
    {"aes-128-cbc", [](json& j) { crypto(j)["cipher"] = "aes-128-cbc"; }, Errc::unsupported, "'cipher'"},
    {"iv of 15 bytes", [](json& j) { crypto(j)["cipherparams"]["iv"] = std::string(30, '0'); }, Errc::decode,
     "'iv'"},
    {"key of 31 bytes", [](json& j) { crypto(j)["ciphertext"] = std::string(62, '0'); }, Errc::decode,
     "31 bytes"},
    {"key of 33 bytes", [](json& j) { crypto(j)["ciphertext"] = std::string(66, '0'); }, Errc::decode,
     "33 bytes"},
    {"mac of 31 bytes", [](json& j) { crypto(j)["mac"] = std::string(62, '0'); }, Errc::decode, "'mac'"},
    {"mac empty", [](json& j) { crypto(j)["mac"] = ""; }, Errc::decode, "'mac'"},
    {"mac null", [](json& j) { crypto(j)["mac"] = nullptr; }, Errc::decode, "'mac'"},
    {"address of 19 bytes", [](json& j) { j["address"] = std::string(38, '0'); }, Errc::decode, "'address'"},
    {"address empty", [](json& j) { j["address"] = ""; }, Errc::decode, "'address'"},
    {"version 1", [](json& j) { j["version"] = 1; }, Errc::unsupported, "'version' is 1"},
    {"version 4", [](json& j) { j["version"] = 4; }, Errc::unsupported, "'version' is 4"},
    {"version missing", [](json& j) { j.erase("version"); }, Errc::decode, "'version'"},
    {"crypto missing", [](json& j) { j.erase("crypto"); }, Errc::decode, "rypto' is missing"},
    {"crypto a list", [](json& j) { j["crypto"] = json::array(); }, Errc::decode, "not an object"},
    {"a list", [](json& j) { j = json::array({j}); }, Errc::decode, "not a JSON object"},
};

TEST(Keystore, RefusesEveryTampering) {
    const json& good = named("cast form, scrypt n 8192");
    const auto text = good.at("keystore").get<std::string>();
    ASSERT_TRUE(decrypt_keystore(text, "cast").has_value());
    for (const auto& t : kTamperings) {
        json file = json::parse(text);
        t.change(file);
        const auto key = decrypt_keystore(file.dump(), "cast", "hot.json");
        ASSERT_FALSE(key.has_value()) << t.name;
        EXPECT_EQ(key.error().code, t.code) << t.name << ": " << key.error().what;
        EXPECT_THAT(key.error().what, HasSubstr(t.says)) << t.name;
        EXPECT_THAT(key.error().what, HasSubstr("hot.json")) << t.name;
    }
}

TEST(Keystore, RefusesWhatIsNotJson) {
    const auto text = named("cast form, scrypt n 8192").at("keystore").get<std::string>();
    for (const std::string& bad :
         {std::string(), std::string("password"), text.substr(0, text.size() / 2), text + "x",
          std::string(60'000, '['), std::string("\xff\xfe{}"), std::string("{}"), std::string("null")}) {
        const auto key = decrypt_keystore(bad, "cast");
        ASSERT_FALSE(key.has_value()) << bad.substr(0, 40);
        EXPECT_EQ(key.error().code, Errc::decode);
    }
}

TEST(Keystore, ReadsPrefixedHexAndAnAddressInAnyCase) {
    const json& good = named("cast form, scrypt n 8192");
    json file = json::parse(good.at("keystore").get<std::string>());
    for (auto* field : {&crypto(file)["mac"], &crypto(file)["ciphertext"], &kdf(file)["salt"]}) {
        *field = "0x" + field->get<std::string>();
    }
    file["address"] = good.at("address");
    EXPECT_TRUE(decrypt_keystore(file.dump(), "cast").has_value());
}

TEST(Keystore, WritesWhatItReads) {
    KeystoreRandom random;
    random.salt.fill(0x11);
    random.iv.fill(0x22);
    random.id.fill(0xff);
    std::array<std::uint8_t, 32> bytes{};
    bytes[31] = 1;
    const auto key = Secret<32>::take(bytes);
    const auto text = encrypt_keystore(key, "secret", 1024, random).value();
    const json file = json::parse(text);
    EXPECT_EQ(file.at("address"), "7e5f4552091a69125d5dfcb7b8c2659029395bdf");
    EXPECT_EQ(file.at("id"), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    EXPECT_TRUE(decrypt_keystore(text, "secret").value() == key);
    EXPECT_FALSE(decrypt_keystore(text, "Secret").has_value());
    EXPECT_FALSE(encrypt_keystore(key, "secret", 1000, random).has_value()) << "1000 is no power of two";
    EXPECT_FALSE(encrypt_keystore(Secret<32>(), "secret", 1024, random).has_value()) << "zero is no key";
}

TEST(Keystore, WritesWhatEthersWrites) {
    // The same key, password and randomness as the file ethers made must give the same ciphertext and MAC.
    const json& c = named("ethers, scrypt n 262144");
    const json theirs = json::parse(c.at("keystore").get<std::string>()).at("Crypto");
    const auto bytes_of = [](const json& hex) { return parse_hex("0x" + hex.get<std::string>()).value(); };
    KeystoreRandom random;
    const auto salt = bytes_of(theirs.at("kdfparams").at("salt"));
    const auto iv = bytes_of(theirs.at("cipherparams").at("iv"));
    std::copy(salt.begin(), salt.end(), random.salt.begin());
    std::copy(iv.begin(), iv.end(), random.iv.begin());
    auto bytes = U256::from_be(parse_hex(c.at("private_key").get<std::string>()).value()).to_be();
    const auto text =
        encrypt_keystore(Secret<32>::take(bytes), c.at("password").get<std::string>(), 262144, random)
            .value();
    const json ours = json::parse(text).at("crypto");
    EXPECT_EQ(ours.at("ciphertext"), theirs.at("ciphertext"));
    EXPECT_EQ(ours.at("mac"), theirs.at("mac"));
}

}  // namespace
}  // namespace outrigger
