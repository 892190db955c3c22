//! One port on several loopback addresses.

use std::io;
use std::io::ErrorKind;
use std::net::IpAddr;

use socket2::Socket;

use crate::tcp;

/// How often another free port is tried.
const ATTEMPTS: usize = 16;

/// Reserves a port on each of the addresses that the system has; port 0 is one that is free on all.
pub(super) fn bind(port: u16, addresses: &[IpAddr]) -> io::Result<Vec<Socket>> {
    let attempts = if port == 0 { ATTEMPTS } else { 1 };
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for _ in 0..attempts {
        match bind_all(port, addresses) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => last = error,
            bound => return bound,
        }
    }
    Err(last)
}

fn bind_all(mut port: u16, addresses: &[IpAddr]) -> io::Result<Vec<Socket>> {
    let mut bound = Vec::new();
    let mut missing = None;
    for address in addresses {
        match tcp::bind((*address, port).into()) {
            Ok(socket) => {
                port = socket.local_addr()?.as_socket().map_or(port, |address| address.port());
                bound.push(socket);
            }
            Err(error) if is_missing(&error) => missing = Some(error),
            Err(error) => return Err(io::Error::new(error.kind(), format!("{address}: {error}"))),
        }
    }
    match missing {
        Some(error) if bound.is_empty() => Err(error),
        _ => Ok(bound),
    }
}

/// Whether the system lacks the address, or its whole family.
fn is_missing(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    const FIRST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    /// Of the same family, since a machine may lack the other one.
    const SECOND: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    /// An address for documentation (RFC 5737), which no machine has.
    const MISSING: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn ports(sockets: &[Socket]) -> Vec<u16> {
        let port = |socket: &Socket| socket.local_addr().unwrap().as_socket().unwrap().port();
        sockets.iter().map(port).collect()
    }

    #[test]
    fn all_addresses_get_the_same_port() {
        let bound = ports(&bind(0, &[FIRST, SECOND]).unwrap());
        assert!(bound.len() == 2 && bound[0] == bound[1] && bound[0] != 0, "{bound:?}");
    }

    #[test]
    fn an_address_that_the_system_lacks_is_left_out_unless_it_is_the_only_one() {
        assert_eq!(bind(0, &[MISSING, SECOND]).unwrap().len(), 1);
        bind(0, &[MISSING]).unwrap_err();
    }

    #[test]
    fn a_port_that_is_taken_on_one_of_them_is_an_error_that_names_it() {
        let taken = TcpListener::bind((SECOND, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = bind(port, &[FIRST, SECOND]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with("127.0.0.2: "), "{error}");
    }
}
