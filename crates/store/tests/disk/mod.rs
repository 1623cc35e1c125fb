//! A disk in memory that can die.

#![allow(dead_code, reason = "each of the tests uses a part of it")]

use std::ops::Bound;
use std::sync::{Arc, Mutex};

use redb::{BackendError, StorageBackend};

/// A disk that dies at the nth write to it. What was not synced may or may not have arrived.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    /// As whoever writes sees it.
    seen: Vec<u8>,
    /// What has arrived for sure.
    synced: Vec<u8>,
    /// Since the last sync, in their order.
    writes: Vec<(usize, Vec<u8>)>,
    /// How many operations it still takes.
    left: Option<u64>,
}

impl Content {
    fn operate(&mut self) -> Result<(), std::io::Error> {
        match &mut self.left {
            Some(0) => Err(std::io::Error::other("the disk is dead")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    if bytes.len() < at + data.len() {
        bytes.resize(at + data.len(), 0);
    }
    bytes[at..at + data.len()].copy_from_slice(data);
}

impl Disk {
    /// Dies after so many operations.
    pub fn takes(&self, operations: u64) {
        self.0.lock().unwrap().left = Some(operations);
    }

    /// After the power is back: every unsynced write has arrived or not, by chance.
    pub fn revive(&self, random: &mut fastrand::Rng, left: Option<u64>) -> Self {
        let content = self.0.lock().unwrap();
        let mut bytes = content.synced.clone();
        let length = bytes.len().max(content.seen.len());
        bytes.resize(length, 0);
        for (at, data) in &content.writes {
            if random.bool() {
                put(&mut bytes, *at, data);
            }
        }
        Self(Arc::new(Mutex::new(Content {
            seen: bytes.clone(),
            synced: bytes,
            writes: Vec::new(),
            left,
        })))
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, std::io::Error> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        let content = self.0.lock().unwrap();
        let at = offset as usize;
        out.copy_from_slice(&content.seen[at..at + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        let mut content = self.0.lock().unwrap();
        content.operate()?;
        content.seen.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        let mut content = self.0.lock().unwrap();
        content.operate()?;
        content.synced = content.seen.clone();
        content.writes.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        let mut content = self.0.lock().unwrap();
        content.operate()?;
        put(&mut content.seen, offset as usize, data);
        content.writes.push((offset as usize, data.to_vec()));
        Ok(())
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }
}
