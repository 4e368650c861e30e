// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificate.hpp"

#include <openssl/pem.h>

#include <cstdio>

#include "chain/base/assert.hpp"

namespace outrigger::test {

Certificate make_certificate(EVP_PKEY* key, const char* alternative_name, long valid_from, long valid_to) {
    Certificate x(X509_new());
    X509_set_version(x.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x.get()), valid_from);
    X509_gmtime_adj(X509_getm_notAfter(x.get()), valid_to);
    X509_set_pubkey(x.get(), key);
    X509_NAME* name = X509_get_subject_name(x.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1,
                               -1, 0);
    X509_set_issuer_name(x.get(), name);
    std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> names(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name));
    X509_add_ext(x.get(), names.get(), -1);
    X509_sign(x.get(), key, EVP_sha256());
    return x;
}

void write_certificate(const std::string& path, X509* certificate) {
    FILE* file = std::fopen(path.c_str(), "w");
    OR_ASSERT(file != nullptr);
    PEM_write_X509(file, certificate);
    std::fclose(file);
}

}  // namespace outrigger::test
