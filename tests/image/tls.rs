//! AWS as it is reached in a cluster: by name, over TLS, with a certificate of an authority.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};

/// An authority with one certificate.
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// Makes one in a folder, with a certificate for a name.
    pub fn new(folder: &Path, name: &str) -> Self {
        let alternative = format!("subjectAltName=DNS:{name}");
        openssl(
            folder,
            &["-subj", "/CN=authority", "-keyout", "authority.key", "-out", "authority.crt"],
        );
        let signed = [
            "-CA",
            "authority.crt",
            "-CAkey",
            "authority.key",
            "-keyout",
            "server.key",
            "-out",
            "server.crt",
        ];
        let leaf = [
            "-subj",
            "/CN=server",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-addext",
            &alternative,
        ];
        openssl(folder, &[signed.as_slice(), leaf.as_slice()].concat());
        Self { folder: folder.to_owned() }
    }

    /// Its own certificate, as PEM.
    pub fn certificate(&self) -> String {
        std::fs::read_to_string(self.folder.join("authority.crt")).expect("openssl has written it")
    }

    /// Serves with the certificate what an address serves without. Answers the port.
    pub async fn serve(&self, behind: SocketAddr) -> u16 {
        let chain = CertificateDer::from_pem_file(self.folder.join("server.crt")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(self.folder.join("server.key")).expect("a key");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder
            .expect("the provider has them")
            .with_no_client_auth()
            .with_single_cert(vec![chain], key);
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("they fit")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust the certificate goes away.
                    let Ok(mut from) = acceptor.accept(stream).await else { return };
                    let mut to = TcpStream::connect(behind).await.expect("AWS is there");
                    let _ = copy_bidirectional(&mut from, &mut to).await;
                });
            }
        });
        port
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-days",
            "2",
        ])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
