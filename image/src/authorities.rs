//! The certificate authorities that the operator trusts when it calls AWS.
//!
//! They come from a crate and not from the machine that builds, so that the same commit makes the same image everywhere, nothing is
//! fetched, and a newer list is a line of Cargo.lock that somebody can review.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// Characters of base64 in a line of PEM (RFC 7468).
const LINE: usize = 64;

/// All of them, one block after the other.
pub fn pem() -> String {
    let mut text = String::new();
    for certificate in TLS_SERVER_ROOT_CERTS {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let encoded = STANDARD.encode(certificate);
        for line in encoded.as_bytes().chunks(LINE) {
            text.extend(line.iter().copied().map(char::from));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the blocks of a text hold.
    fn decoded(text: &str) -> Vec<Vec<u8>> {
        let blocks = text.split("-----BEGIN CERTIFICATE-----\n").skip(1);
        blocks
            .map(|block| {
                let (body, rest) = block.split_once("-----END CERTIFICATE-----\n").unwrap();
                assert!(rest.is_empty(), "something stands between two certificates: {rest:?}");
                assert!(body.lines().all(|line| line.len() <= LINE), "{body}");
                STANDARD.decode(body.replace('\n', "")).unwrap()
            })
            .collect()
    }

    #[test]
    fn the_text_holds_each_certificate_once_and_as_it_was() {
        let wanted: Vec<_> = TLS_SERVER_ROOT_CERTS.iter().map(|certificate| certificate.to_vec()).collect();
        assert_eq!(decoded(&pem()), wanted);
    }

    #[test]
    fn the_roots_of_amazon_are_in_it() {
        let certificates = decoded(&pem());
        for root in [
            "Amazon Root CA 1",
            "Amazon Root CA 2",
            "Amazon Root CA 3",
            "Amazon Root CA 4",
            "Starfield Services Root Certificate Authority - G2",
        ] {
            let there = certificates
                .iter()
                .any(|der| der.windows(root.len()).any(|part| part == root.as_bytes()));
            assert!(there, "{root} is missing: the operator could not call AWS");
        }
    }
}
