//! The image does its work in a pod.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use awssim::sim::Filter;
use kube::Api;
use serde_json::json;
use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::aws::Aws;
use crate::harness::control_plane::control_plane;
use crate::harness::endpoint::{Told, manifest};
use crate::harness::waiting::until;
use crate::names::NameServer;
use crate::pod::{KUBERNETES, Pod};
use crate::tls::Authority;

/// A name for AWS that only the tests know.
const AWS: &str = "lambda.eu-west-1.simulated";
/// What a kubelet writes for pods.
const RESOLVER: &str = "search apps.svc.cluster.local svc.cluster.local cluster.local\nnameserver 127.0.0.1\noptions ndots:5\n";
/// Where the program looks for authorities when nobody says otherwise.
const AUTHORITIES: &str = "etc/ssl/certs/ca-certificates.crt";

/// A pod that may do everything in a namespace of its own, and finds AWS at this port.
async fn pod(namespace: &'static str, port: u16) -> Pod {
    let server = tokio::task::spawn_blocking(control_plane).await.expect("the control plane starts");
    server.kubectl("default").succeeds(&["create", "namespace", namespace]);
    Pod::new(namespace)
        .with_service_account(namespace)
        .env("AWS_ENDPOINT_URL", format!("https://{AWS}:{port}"))
        .env("WARMLAMBDA_WATCH_NAMESPACES", namespace)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "111122223333")
        .env("AWS_SECRET_ACCESS_KEY", "not-checked")
}

/// An AWS behind TLS. Answers its authority and its port as well.
async fn aws(name: &str) -> (Aws, Authority, u16) {
    let aws = Aws::start().await;
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("authority-of-{name}"));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let authority = Authority::new(&folder, AWS);
    let behind: SocketAddr = aws.url().trim_start_matches("http://").parse().expect("an address");
    let port = authority.serve(behind).await;
    (aws, authority, port)
}

/// The endpoint of the demo world as it stands in a namespace.
async fn endpoint(namespace: &str) -> WarmLambdaEndpoint {
    let api: Api<WarmLambdaEndpoint> = Api::namespaced(control_plane().client().await, namespace);
    api.get("fir-api").await.expect("the endpoint is there")
}

/// The first line of what a probe is answered.
fn probe(path: &str) -> String {
    let mut stream = TcpStream::connect("127.0.0.1:8081").expect("the port of the probes is open");
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "needs the image: make check-image"]
fn it_prints_its_help() {
    let output = Pod::new("help").ends(&["--help"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Usage: warmlambda <COMMAND>"));
}

#[test]
#[ignore = "needs the image: make check-image"]
fn what_cannot_work_ends_with_one_sentence_that_says_why() {
    // Without a region it would ask the machine that it runs on.
    let pod = Pod::new("wrong").env("AWS_REGION", "eu-west-1");
    for (arguments, code, reason) in [
        (["run", "--aws-quota-share=7"], 2, "error: invalid value '7' for '--aws-quota-share"),
        (["run", "--log-level=a=b=c"], 1, "warmlambda: \"a=b=c\" cannot be read"),
        (["run", "--log-level=info"], 1, "warmlambda: failed to infer config: in-cluster"),
    ] {
        let output = pod.ends(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.starts_with(reason), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the image: make check-image"]
async fn an_endpoint_goes_warm_over_names_and_certificates_with_nothing_to_write_to() {
    let (aws, authority, port) = aws("warm").await;
    let names = NameServer::start(&[KUBERNETES, AWS]).await;
    let pod = pod("warm", port)
        .await
        .with("etc/resolv.conf", RESOLVER)
        .with(AUTHORITIES, &authority.certificate());
    control_plane()
        .kubectl("warm")
        .applies(&manifest("fir-api", &json!({})).to_string());
    let mut running = pod.runs(&["run", "--progress-interval=200ms"]);
    until("the endpoint is Ready", async || {
        let endpoint = endpoint("warm").await;
        if endpoint.is_ready() {
            Ok(())
        } else {
            Err(format!("{}: {}", endpoint.condition("Ready"), endpoint.message("Ready")))
        }
    })
    .await;
    assert_eq!(aws.capacity().map(|capacity| capacity.requested), Some(3));
    assert!(
        [KUBERNETES, AWS].iter().all(|name| names.asked().contains(*name)),
        "{:?}",
        names.asked()
    );
    assert_eq!(probe("/readyz"), "HTTP/1.0 200 OK");
    println!("at most {} KiB of memory", running.peak_memory());
    assert!(running.ends_when_asked(), "{}", running.log());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the image: make check-image"]
async fn an_aws_whose_certificate_nobody_has_signed_is_not_called_and_names_in_etc_hosts_are_found() {
    let (aws, _, port) = aws("unknown").await;
    let hosts = format!("127.0.0.1 localhost\n127.0.0.1 {KUBERNETES} {AWS}\n");
    let pod = pod("unknown", port).await.with("etc/hosts", &hosts);
    control_plane()
        .kubectl("unknown")
        .applies(&manifest("fir-api", &json!({})).to_string());
    let running = pod.runs(&[
        "run",
        "--health-addr=127.0.0.1:0",
        "--metrics-addr=127.0.0.1:0",
        "--retry-base=200ms",
    ]);
    let message = until("the operator says that it cannot call AWS", async || {
        let endpoint = endpoint("unknown").await;
        if endpoint.condition("Ready").starts_with("Unknown ") && !endpoint.message("Ready").is_empty() {
            Ok(endpoint.message("Ready"))
        } else {
            Err(format!("{}: {}", endpoint.condition("Ready"), endpoint.message("Ready")))
        }
    })
    .await;
    println!("{message}");
    assert!(
        aws.sim().ledger(&Filter::default()).is_empty(),
        "AWS was called all the same\n{}",
        running.log()
    );
}
