//! A listening socket whose connections can be cut in the middle of an answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const HEAD_END: &[u8] = b"\r\n\r\n";

/// Says how much of the next answer of one connection still goes out; shared by the connection and the handler of its requests.
#[derive(Clone, Debug)]
pub struct Cut(Arc<AtomicUsize>);

/// Not cut: any number of bytes goes out.
const WHOLE: usize = usize::MAX;
/// Not a byte goes out, and the connection fails at the next write.
const NOTHING: usize = usize::MAX - 1;

impl Cut {
    /// Nothing of the next answer goes out.
    pub fn before_the_head(&self) {
        self.0.store(NOTHING, Ordering::SeqCst);
    }

    /// The head of the next answer and that many bytes of its body go out.
    pub fn in_the_body(&self, after: usize) {
        self.0.store(after.min(NOTHING - 1), Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Cut {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().cut.clone()
    }
}

/// A TCP listener whose connections are [`Cuttable`].
pub struct CuttableListener(pub TcpListener);

impl Listener for CuttableListener {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Cuttable, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Answers are small and awaited; without this Nagle's algorithm holds some of them for 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        (
            Cuttable {
                stream,
                cut: Cut(Arc::new(AtomicUsize::new(WHOLE))),
                body: None,
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection that ends where its [`Cut`] says.
pub struct Cuttable {
    stream: TcpStream,
    cut: Cut,
    /// Bytes of the body that went out since the cut was set; none before the head ended.
    body: Option<usize>,
}

impl Cuttable {
    /// How many of these bytes may go out: all of them unless the connection is to be cut.
    fn allowed(&mut self, bytes: &[u8]) -> usize {
        match self.cut.0.load(Ordering::SeqCst) {
            WHOLE => bytes.len(),
            NOTHING => 0,
            limit => match self.body {
                Some(sent) => limit.saturating_sub(sent).min(bytes.len()),
                None => match bytes.windows(HEAD_END.len()).position(|window| window == HEAD_END) {
                    Some(at) => (at + HEAD_END.len() + limit).min(bytes.len()),
                    None => bytes.len(),
                },
            },
        }
    }

    /// Notes bytes that went out while a cut in the body is set.
    fn sent(&mut self, bytes: &[u8]) {
        if self.cut.0.load(Ordering::SeqCst) < NOTHING {
            let after_head = bytes
                .windows(HEAD_END.len())
                .position(|window| window == HEAD_END)
                .map(|at| bytes.len() - at - HEAD_END.len());
            self.body = self.body.map(|sent| sent + bytes.len()).or(after_head);
        }
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let allowed = this.allowed(bytes);
        if allowed == 0 && !bytes.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let written = Pin::new(&mut this.stream).poll_write(context, &bytes[..allowed]);
        if let Poll::Ready(Ok(count)) = written {
            this.sent(&bytes[..count]);
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
