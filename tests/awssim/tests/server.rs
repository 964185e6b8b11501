//! The server on a real socket, as a caller without an SDK sees it.
#![allow(clippy::unwrap_used)] // What tests share may panic as a test may.

use std::time::Duration;

use awssim::server::Server;
use awssim::sim::{Clock, Fault, Filter, Loss, Rule, Sim};
use awssim::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DESCRIBE: &str = r#"{"ServiceNamespace":"lambda"}"#;

async fn server() -> Server {
    Server::start("127.0.0.1:0", Sim::new(World::default(), Clock::manual(0)))
        .await
        .unwrap()
}

fn describe() -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: aws\r\nx-amz-target: AnyScaleFrontendService.DescribeScalableTargets\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-west-1/application-autoscaling/aws4_request, SignedHeaders=host, Signature=0\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{DESCRIBE}",
        DESCRIBE.len()
    )
}

/// Everything that comes back until the server closes; errors of a cut connection end it as well.
async fn exchange(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count) = stream.read(&mut chunk).await {
        if count == 0 {
            break;
        }
        received.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8(received).unwrap()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn an_operation_is_answered_over_a_socket() {
    let server = server().await;
    let answer = exchange(&server, &describe()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(body(&answer), r#"{"ScalableTargets":[]}"#);
}

#[tokio::test]
async fn a_closed_connection_carries_not_a_byte_of_the_answer() {
    let server = server().await;
    server
        .sim
        .add_fault(Rule::on("DescribeScalableTargets", Fault::LoseAnswer { how: Loss::Close }).times(1));
    assert_eq!(exchange(&server, &describe()).await, "");
    assert_eq!(server.sim.ledger(&Filter::default())[0].carried_out, 1);
    assert!(
        exchange(&server, &describe()).await.starts_with("HTTP/1.1 200 OK"),
        "the next connection is whole again"
    );
}

#[tokio::test]
async fn a_disconnect_carries_nothing_out() {
    let server = server().await;
    server.sim.add_fault(Rule::on("DescribeScalableTargets", Fault::Disconnect));
    assert_eq!(exchange(&server, &describe()).await, "");
    assert_eq!(server.sim.ledger(&Filter::default())[0].carried_out, 0);
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_sends() {
    let server = server().await;
    server
        .sim
        .add_fault(Rule::on("DescribeScalableTargets", Fault::LoseAnswer { how: Loss::Truncate }));
    let answer = exchange(&server, &describe()).await;
    assert!(answer.contains("content-length: 22\r\n"), "{answer}");
    assert_eq!(body(&answer), r#"{"ScalableT"#);
}

#[tokio::test]
async fn a_hanging_request_is_never_answered_but_was_carried_out() {
    let server = server().await;
    server
        .sim
        .add_fault(Rule::on("DescribeScalableTargets", Fault::LoseAnswer { how: Loss::Hang }));
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(describe().as_bytes()).await.unwrap();
    let carried_out = async {
        while server.sim.ledger(&Filter::default()).iter().all(|entry| entry.carried_out == 0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), carried_out).await.unwrap();
    let mut byte = [0];
    assert!(
        tokio::time::timeout(Duration::from_millis(100), stream.read(&mut byte))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_control_plane_answers_on_the_same_port_and_leaves_no_trace_in_the_ledger() {
    let server = server().await;
    let answer = exchange(&server, "GET /_sim/health HTTP/1.1\r\nhost: aws\r\nconnection: close\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.contains(r#""status": "ok""#),
        "{answer}"
    );
    assert_eq!(server.sim.last_sequence(), 0);
}

async fn control(server: &Server, method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: aws\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    exchange(server, &request).await
}

#[tokio::test]
async fn records_that_are_written_over_a_socket_are_delivered_and_read_there() {
    let server = server().await;
    let stream = "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks";
    let world = format!(
        "regions: [{{account: '111122223333', region: eu-west-1, functions: {{f: {{}}}}, \
         eventSourceMappings: {{u: {{eventSourceArn: '{stream}', functionArn: f}}}}}}]"
    );
    assert!(control(&server, "PUT", "/_sim/world", &world).await.starts_with("HTTP/1.1 204"));
    let made = control(&server, "POST", "/_sim/streams", &format!("{{arn: '{stream}', shardCount: 2}}")).await;
    assert!(made.contains("shardId-000000000001"), "{made}");
    let records = format!("{{arn: '{stream}', records: [{{key: a, data: one}}, {{key: b, data: two}}]}}");
    let written = control(&server, "POST", "/_sim/streams/records", &records).await;
    assert!(written.contains(r#""sequence": 2"#), "{written}");
    server.sim.advance(Duration::from_secs(5));
    let path = format!("/_sim/deliveries?region=eu-west-1&source={stream}");
    let read = control(&server, "GET", &path, "").await;
    assert!(
        read.matches(r#""outcome": "Processed""#).count() == 2 && read.contains(r#""last": 2"#),
        "{read}"
    );
}

#[tokio::test]
async fn a_dropped_server_gives_its_port_back() {
    let server = server().await;
    let addr = server.addr;
    exchange(&server, &describe()).await;
    drop(server);
    let free = async {
        while tokio::net::TcpListener::bind(addr).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), free).await.unwrap();
}
