//! Mends what Binaryen up to 109 breaks: it writes every exported table as
//! table 0, so that wasm-bindgen's glue grows the table of functions instead of
//! that of JavaScript values, and the page does not start.
//! (<https://github.com/WebAssembly/binaryen/pull/4736>; Debian 12 and Ubuntu
//! 24.04 have Binaryen 108.)

use anyhow::{Result, bail, ensure};

use super::wasm::{EXPORTS, IMPORTS, Reader, TABLES};

/// The name under which wasm-bindgen exports its table of JavaScript values.
const EXPORT: &[u8] = b"__wbindgen_externrefs";
const EXTERNREF: u8 = 0x6f;

/// Makes the export name the one table of externrefs; whether that was needed.
pub(super) fn mend(module: &mut [u8]) -> Result<bool> {
    let Some(export) = exported_table(module)? else {
        return Ok(false);
    };
    let tables = table_types(module)?;
    let mut externrefs = (0u32..)
        .zip(&tables)
        .filter(|(_, kind)| **kind == EXTERNREF);
    let (Some((index, _)), None) = (externrefs.next(), externrefs.next()) else {
        bail!("it has not exactly one table of externrefs");
    };
    if export.index == index {
        return Ok(false);
    }
    // Both take one byte then, so that nothing moves.
    ensure!(
        export.index < 0x80 && index < 0x80,
        "it has too many tables"
    );
    module[export.offset] = u8::try_from(index)?;
    Ok(true)
}

struct Export {
    index: u32,
    /// Where in the module the index is written.
    offset: usize,
}

fn exported_table(module: &[u8]) -> Result<Option<Export>> {
    let Some(mut section) = Reader::section(module, EXPORTS)? else {
        return Ok(None);
    };
    for _ in 0..section.number()? {
        let is_ours = section.name()? == EXPORT;
        let is_table = section.byte()? == 1;
        let offset = section.at;
        let index = section.number()?;
        if is_ours && is_table {
            return Ok(Some(Export { index, offset }));
        }
    }
    Ok(None)
}

/// The types of all tables: imported ones come first.
fn table_types(module: &[u8]) -> Result<Vec<u8>> {
    let mut types = Vec::new();
    if let Some(mut section) = Reader::section(module, IMPORTS)? {
        for _ in 0..section.number()? {
            section.name()?;
            section.name()?;
            types.extend(section.imported()?);
        }
    }
    if let Some(mut section) = Reader::section(module, TABLES)? {
        for _ in 0..section.number()? {
            types.push(section.table()?);
        }
    }
    Ok(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with a memory import, a table of functions, one of externrefs,
    /// and an export of the table with this index.
    fn module(exported: u8) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        let mut section = |id: u8, content: &[u8]| {
            module.push(id);
            module.push(u8::try_from(content.len()).unwrap());
            module.extend_from_slice(content);
        };
        section(IMPORTS, b"\x01\x01a\x01b\x02\x00\x01");
        section(TABLES, &[2, 0x70, 1, 39, 39, EXTERNREF, 0, 0x80, 8]);
        let mut exports = vec![2, 6];
        exports.extend_from_slice(b"memory\x02\x00");
        exports.push(u8::try_from(EXPORT.len()).unwrap());
        exports.extend_from_slice(EXPORT);
        exports.extend_from_slice(&[1, exported]);
        section(EXPORTS, &exports);
        module
    }

    #[test]
    fn a_wrong_export_is_mended_and_nothing_else_changes() {
        let mut wrong = module(0);
        assert!(mend(&mut wrong).unwrap());
        assert_eq!(wrong, module(1));
    }

    #[test]
    fn a_right_export_is_left_alone() {
        let mut right = module(1);
        assert!(!mend(&mut right).unwrap());
        assert_eq!(right, module(1));
    }

    #[test]
    fn a_module_without_the_export_is_left_alone() {
        assert!(!mend(&mut b"\0asm\x01\0\0\0".to_vec()).unwrap());
    }

    #[test]
    fn a_broken_module_is_an_error() {
        assert!(mend(&mut b"\0elf".to_vec()).is_err());
        let whole = module(0);
        assert!(mend(&mut whole[..whole.len() - 1].to_vec()).is_err());
    }
}
