// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace outrigger::test {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;

/// A self-signed certificate for one name ("IP:127.0.0.1", "DNS:example.invalid"), valid between these
/// seconds from now.
Certificate make_certificate(EVP_PKEY* key, const char* alternative_name, long valid_from, long valid_to);

/// The certificate in a file that is then there, as PEM.
void write_certificate(const std::string& path, X509* certificate);

}  // namespace outrigger::test
