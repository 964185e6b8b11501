//! A name server with as much of DNS (RFC 1035) as a resolver of addresses needs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

/// Header of a message.
const HEADER: usize = 12;
/// QTYPE of an IPv4 address.
const A: u16 = 1;

/// A server that knows these names, all at 127.0.0.1, and no others.
pub struct NameServer {
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl NameServer {
    /// Starts one on port 53.
    pub async fn start(known: &'static [&'static str]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:53")
            .await
            .expect("port 53 is free: run `make check-image`");
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut message = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut message).await {
                let Some((name, kind, question)) = question(&message[..length]) else {
                    continue;
                };
                let answer = answer(&message[..question], known.contains(&name.as_str()), kind == A);
                kept.lock().expect("nobody panics with it").insert(name);
                let _ = socket.send_to(&answer, from).await;
            }
        });
        Self { asked }
    }

    /// The names that somebody asked for.
    pub fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().expect("nobody panics with it").clone()
    }
}

/// The name of a query, its type, and where its question ends.
fn question(message: &[u8]) -> Option<(String, u16, usize)> {
    let (mut labels, mut at) = (Vec::new(), HEADER);
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8(message.get(at..at + length)?.to_vec()).ok()?);
        at += length;
    }
    let kind = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
    Some((labels.join("."), kind, at + 4))
}

/// The answer to a query that ends with its question.
fn answer(query: &[u8], known: bool, address: bool) -> Vec<u8> {
    let mut answer = query.to_vec();
    let records = u8::from(known && address);
    // A response that recursion is available for; without error, or with "no such name".
    answer[2..HEADER].copy_from_slice(&[0x81, if known { 0x80 } else { 0x83 }, 0, 1, 0, records, 0, 0, 0, 0]);
    if records > 0 {
        // The name of the question, A, IN, a second, four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    }
    answer
}
