//! Requests to the operator's own ports, as curl would make them.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Sends a request and answers status, header and body.
pub fn send(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    stream.write_all(request.as_bytes()).expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head ends in an empty line");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, head.to_lowercase(), body.to_owned())
}

/// The body of what a GET is answered with, which must be 200.
pub fn get(address: &str, path: &str) -> String {
    let (status, _, body) = send(address, "GET", path, &[], "");
    assert_eq!(status, 200, "{path}: {body}");
    body
}
