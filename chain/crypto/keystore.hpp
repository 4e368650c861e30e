// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "chain/base/result.hpp"
#include "chain/crypto/secret.hpp"

/// Web3 Secret Storage, version 3: the key files of geth, cast, ethers and most wallets.
/// Text in, key out; reading files and checking their permissions is the caller's.
/// Source: https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/
namespace outrigger {

/// The private key of a keystore. Its cost parameters are bounded before anything is derived, its MAC is
/// compared in constant time, and an address in the file must be the key's own. `name` says which file, in
/// messages. Errors: Errc::key "wrong password for <name>"; Errc::key when the file asks for too much work,
/// its address belongs to another key, or it holds no valid key; Errc::decode when it is not a version 3
/// keystore; Errc::unsupported for a KDF or cipher other than the standard's.
Result<Secret<32>> decrypt_keystore(std::string_view json, std::string_view password,
                                    std::string_view name = "the keystore");

/// Memory needed to decrypt, to be compared with what the host grants before trying.
/// Units: bytes; 0 for PBKDF2, which needs none to speak of. Errors: as decrypt_keystore before the password.
Result<std::uint64_t> keystore_memory_bytes(std::string_view json, std::string_view name = "the keystore");

/// Random bytes for a new keystore, drawn by the caller: nothing here makes randomness.
struct KeystoreRandom {
    std::array<std::uint8_t, 32> salt{};
    std::array<std::uint8_t, 16> iv{};
    std::array<std::uint8_t, 16> id{};
};

/// A keystore of the key in geth's form: scrypt with r=8 p=1, and the address.
/// Errors: Errc::key when n is out of bounds or the key is none.
Result<std::string> encrypt_keystore(const Secret<32>& key, std::string_view password, std::uint64_t n,
                                     const KeystoreRandom& random);

}  // namespace outrigger
