//! The binary format of a WebAssembly module, as far as it is needed here.

use anyhow::{Context, Result, bail, ensure};

/// Sections, by their numbers.
pub(super) const IMPORTS: u8 = 2;
pub(super) const TABLES: u8 = 4;
pub(super) const EXPORTS: u8 = 7;

/// Reads a module from some place on.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the content of a section.
    pub(super) fn section(module: &'a [u8], wanted: u8) -> Result<Option<Self>> {
        ensure!(
            module.starts_with(b"\0asm\x01\0\0\0"),
            "it is no wasm module"
        );
        let mut reader = Self {
            bytes: module,
            at: 8,
        };
        while reader.at < module.len() {
            let id = reader.byte()?;
            let length = reader.number()?;
            if id == wanted {
                return Ok(Some(reader));
            }
            reader.take(length)?;
        }
        Ok(None)
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn take(&mut self, length: u32) -> Result<&'a [u8]> {
        let end = self.at.saturating_add(usize::try_from(length)?);
        let taken = self.bytes.get(self.at..end).context("it ends too early")?;
        self.at = end;
        Ok(taken)
    }

    /// An unsigned LEB128 number.
    pub(super) fn number(&mut self) -> Result<u32> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(number).context("a number is too large");
            }
        }
        bail!("a number is too long")
    }

    pub(super) fn name(&mut self) -> Result<&'a [u8]> {
        let length = self.number()?;
        self.take(length)
    }

    pub(super) fn table(&mut self) -> Result<u8> {
        let kind = self.byte()?;
        self.limits()?;
        Ok(kind)
    }

    /// What an import brings, after its names; the type if it is a table.
    pub(super) fn imported(&mut self) -> Result<Option<u8>> {
        match self.byte()? {
            0 => self.number().map(|_| None),
            1 => self.table().map(Some),
            2 => self.limits().map(|()| None),
            3 => self.take(2).map(|_| None),
            other => bail!("an import of kind {other}"),
        }
    }

    fn limits(&mut self) -> Result<()> {
        let flags = self.byte()?;
        self.number()?;
        if flags & 1 != 0 {
            self.number()?;
        }
        Ok(())
    }
}

/// Writes an unsigned LEB128 number.
pub(super) fn write_number(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Writes a name with its length.
pub(super) fn write_name(out: &mut Vec<u8>, name: &[u8]) {
    write_number(out, name.len());
    out.extend_from_slice(name);
}
