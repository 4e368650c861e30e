// SPDX-License-Identifier: Apache-2.0
#include "chain/crypto/keystore.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <variant>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"
#include "chain/crypto/scrypt.hpp"
#include "chain/crypto/secp256k1.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxText = 64 * 1024;
constexpr std::size_t kMaxSalt = 1024;
constexpr std::uint64_t kMaxPbkdf2Rounds = 10'000'000;

struct Keystore {
    std::variant<ScryptCost, std::uint64_t> kdf;  // scrypt, or rounds of PBKDF2-HMAC-SHA-256
    Bytes salt;
    Bytes iv;
    Bytes ciphertext;
    Bytes mac;
    std::optional<Address> address;
};

/// A member of an object, or an error that names it.
Result<const json*> member(const json& object, const char* key) {
    const auto it = object.find(key);
    if (it == object.end()) return fail(Errc::decode, fmt::format("'{}' is missing", key));
    return &*it;
}

Result<const json*> object_member(const json& object, const char* key) {
    const json* value = OR_TRY(member(object, key));
    if (!value->is_object()) return fail(Errc::decode, fmt::format("'{}' is not an object", key));
    return value;
}

Result<std::string> text_member(const json& object, const char* key) {
    const json* value = OR_TRY(member(object, key));
    if (!value->is_string()) return fail(Errc::decode, fmt::format("'{}' is not a text", key));
    return value->get<std::string>();
}

Result<std::uint64_t> count_member(const json& object, const char* key) {
    const json* value = OR_TRY(member(object, key));
    if (!value->is_number_unsigned())
        return fail(Errc::decode, fmt::format("'{}' is not a whole number", key));
    return value->get<std::uint64_t>();
}

/// Hex with or without 0x: the standard has none, some writers add it.
Result<Bytes> hex_member(const json& object, const char* key) {
    const std::string text = OR_TRY(text_member(object, key));
    auto bytes = parse_hex(text.starts_with("0x") ? text : "0x" + text);
    if (!bytes) return fail(Errc::decode, fmt::format("'{}' is not hex", key));
    return bytes;
}

Result<Bytes> hex_member(const json& object, const char* key, std::size_t size) {
    auto bytes = OR_TRY(hex_member(object, key));
    if (bytes.size() != size) {
        return fail(Errc::decode, fmt::format("'{}' has {} bytes, expected {}", key, bytes.size(), size));
    }
    return bytes;
}

Result<void> read_kdf(const json& crypto, Keystore& out) {
    const std::string kdf = OR_TRY(text_member(crypto, "kdf"));
    const json& params = *OR_TRY(object_member(crypto, "kdfparams"));
    const std::uint64_t dklen = OR_TRY(count_member(params, "dklen"));
    if (dklen != 32)
        return fail(Errc::unsupported, fmt::format("'dklen' is {}, only 32 is supported", dklen));
    out.salt = OR_TRY(hex_member(params, "salt"));
    if (out.salt.empty() || out.salt.size() > kMaxSalt) {
        return fail(Errc::decode,
                    fmt::format("'salt' has {} bytes, expected 1 to {}", out.salt.size(), kMaxSalt));
    }
    if (kdf == "scrypt") {
        const ScryptCost cost{OR_TRY(count_member(params, "n")), OR_TRY(count_member(params, "r")),
                              OR_TRY(count_member(params, "p"))};
        OR_TRY(check_cost(cost));
        out.kdf = cost;
        return {};
    }
    if (kdf == "pbkdf2") {
        const std::string prf = OR_TRY(text_member(params, "prf"));
        if (prf != "hmac-sha256") return fail(Errc::unsupported, "'prf' is not hmac-sha256");
        const std::uint64_t rounds = OR_TRY(count_member(params, "c"));
        if (rounds < 1 || rounds > kMaxPbkdf2Rounds) {
            return fail(Errc::key, fmt::format("PBKDF2 c={} is not from 1 to {}", rounds, kMaxPbkdf2Rounds));
        }
        out.kdf = rounds;
        return {};
    }
    return fail(Errc::unsupported, "'kdf' is neither scrypt nor pbkdf2");
}

Result<Keystore> parse(std::string_view text) {
    if (text.size() > kMaxText)
        return fail(Errc::decode, fmt::format("it is larger than {} bytes", kMaxText));
    const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!root.is_object()) return fail(Errc::decode, "it is not a JSON object");
    const std::uint64_t version = OR_TRY(count_member(root, "version"));
    if (version != 3)
        return fail(Errc::unsupported, fmt::format("'version' is {}, only 3 is supported", version));
    // ethers writes "Crypto", everyone else "crypto".
    const json& crypto = *OR_TRY(object_member(root, root.contains("crypto") ? "crypto" : "Crypto"));
    const std::string cipher = OR_TRY(text_member(crypto, "cipher"));
    if (cipher != "aes-128-ctr") return fail(Errc::unsupported, "'cipher' is not aes-128-ctr");
    Keystore out;
    out.iv = OR_TRY(hex_member(*OR_TRY(object_member(crypto, "cipherparams")), "iv", 16));
    out.ciphertext = OR_TRY(hex_member(crypto, "ciphertext", 32));
    out.mac = OR_TRY(hex_member(crypto, "mac", 32));
    OR_TRY(read_kdf(crypto, out));
    if (root.contains("address")) {
        const Bytes address = OR_TRY(hex_member(root, "address", 20));
        std::copy(address.begin(), address.end(), out.address.emplace().data.begin());
    }
    return out;
}

Result<Keystore> parse_named(std::string_view text, std::string_view name) {
    auto parsed = parse(text);
    if (parsed) return parsed;
    return fail(
        parsed.error().code,
        fmt::format("cannot use {} as a version 3 keystore: {}. Make one with `cast wallet import` or "
                    "`geth account import`, or restore this one from its backup",
                    name, parsed.error().what));
}

Result<Secret<32>> derive(const Keystore& keystore, std::string_view password) {
    Secret<32> key;
    if (const auto* cost = std::get_if<ScryptCost>(&keystore.kdf)) {
        OR_TRY(scrypt(password, keystore.salt, *cost, key.writable()));
        return key;
    }
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), keystore.salt.data(),
                          static_cast<int>(keystore.salt.size()),
                          static_cast<int>(std::get<std::uint64_t>(keystore.kdf)), EVP_sha256(), 32,
                          key.writable().data()) != 1) {
        return fail(Errc::key, "PBKDF2 failed");
    }
    return key;
}

/// keccak256 of the derived key's second half and the ciphertext.
std::array<std::uint8_t, 32> mac_of(const Secret<32>& derived, ByteView ciphertext) {
    Bytes input(16 + ciphertext.size());
    const auto tail = derived.reveal().last<16>();
    std::copy(ciphertext.begin(), ciphertext.end(), std::copy(tail.begin(), tail.end(), input.begin()));
    const auto mac = keccak256(input);
    wipe(input);
    return mac;
}

/// AES-128-CTR under the derived key's first half: the same for both directions.
Result<void> aes_128_ctr(const Secret<32>& derived, ByteView iv, std::span<const std::uint8_t, 32> in,
                         std::span<std::uint8_t, 32> out) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                                 &EVP_CIPHER_CTX_free);
    int written = 0;
    if (!cipher ||
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ctr(), nullptr, derived.reveal().data(), iv.data()) !=
            1 ||
        EVP_EncryptUpdate(cipher.get(), out.data(), &written, in.data(), 32) != 1 || written != 32) {
        return fail(Errc::key, "AES-128-CTR failed");
    }
    return {};
}

std::string bare_hex(ByteView bytes) {
    return to_hex(bytes).substr(2);
}

}  // namespace

Result<Secret<32>> decrypt_keystore(std::string_view json_text, std::string_view password,
                                    std::string_view name) {
    const Keystore keystore = OR_TRY(parse_named(json_text, name));
    const Secret<32> derived = OR_TRY(derive(keystore, password));
    if (!constant_time_equal(mac_of(derived, keystore.ciphertext), keystore.mac)) {
        return fail(Errc::key,
                    fmt::format("wrong password for {}: the file's checksum does not match the key this "
                                "password derives. Check the password for a missing or extra "
                                "character; a damaged file looks the same",
                                name));
    }
    Secret<32> key;
    OR_TRY(aes_128_ctr(derived, keystore.iv,
                       std::span<const std::uint8_t, 32>(keystore.ciphertext.data(), 32), key.writable()));
    const auto pair = KeyPair::create(key.duplicate());
    if (!pair) return fail(Errc::key, fmt::format("{} holds no valid key: {}", name, pair.error().what));
    if (keystore.address && *keystore.address != pair->address()) {
        return fail(
            Errc::key,
            fmt::format("{} says it is for {} but its key controls {}: the file was altered or "
                        "mixed up. Restore it from its backup",
                        name, checksum_address(*keystore.address), checksum_address(pair->address())));
    }
    return key;
}

Result<std::uint64_t> keystore_memory_bytes(std::string_view json_text, std::string_view name) {
    const Keystore keystore = OR_TRY(parse_named(json_text, name));
    const auto* cost = std::get_if<ScryptCost>(&keystore.kdf);
    return cost == nullptr ? 0 : scrypt_memory_bytes(*cost);
}

Result<std::string> encrypt_keystore(const Secret<32>& key, std::string_view password, std::uint64_t n,
                                     const KeystoreRandom& random) {
    const auto pair = OR_TRY(KeyPair::create(key.duplicate()));
    const ScryptCost cost{n, 8, 1};
    Secret<32> derived;
    OR_TRY(scrypt(password, random.salt, cost, derived.writable()));
    std::array<std::uint8_t, 32> ciphertext{};
    OR_TRY(aes_128_ctr(derived, random.iv, key.reveal(), ciphertext));
    auto id = random.id;  // marked as a version 4 UUID of variant 1
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x40);
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
    std::string uuid = bare_hex(id);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) uuid.insert(at, 1, '-');
    const json out{
        {"address", bare_hex(pair.address().data)},
        {"crypto",
         {{"cipher", "aes-128-ctr"},
          {"cipherparams", {{"iv", bare_hex(random.iv)}}},
          {"ciphertext", bare_hex(ciphertext)},
          {"kdf", "scrypt"},
          {"kdfparams",
           {{"dklen", 32}, {"n", cost.n}, {"p", cost.p}, {"r", cost.r}, {"salt", bare_hex(random.salt)}}},
          {"mac", bare_hex(mac_of(derived, ciphertext))}}},
        {"id", uuid},
        {"version", 3}};
    return out.dump();
}

}  // namespace outrigger
