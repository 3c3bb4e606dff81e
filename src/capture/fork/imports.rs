//! Makes waking a thread a no-op, in a child that has only one.
//!
//! In a forked child only the thread that forked exists. V8 goes on to post work to threads that
//! are gone, and glibc's `pthread_cond_signal` waits for ever for waiters that will never answer
//! (`__condvar_quiesce_and_switch_g1` in glibc's `nptl/pthread_cond_common.c`). Where there is one
//! thread there is nobody to wake, so both functions may as well do nothing.
//!
//! The child's import tables are changed, not the two functions themselves: a table is data, is
//! filled in the same way on every processor, and may be written where rewriting a library's code
//! is forbidden (SELinux' `execmod`, and systems that let no file's text be both written and run).
//! An addon can only be loaded into a program that is dynamically linked, so the tables are there.

use std::ffi::{CStr, c_char, c_int, c_void};

/// What the child must not call.
const WAKING: [&CStr; 2] = [c"pthread_cond_signal", c"pthread_cond_broadcast"];

/// Places in import tables that hold the address of one of the functions above.
#[derive(Debug, Default)]
pub(super) struct Imports {
    slots: Vec<usize>,
    page_size: usize,
}

/// Everything of a program's dynamic section that is needed to go through its imports.
#[derive(Clone, Copy, Debug, Default)]
struct Tables {
    symbols: usize,
    names: usize,
    relocations: [(usize, usize); 2],
    with_addend: bool,
}

/// An entry of the dynamic section, as `Elf64_Dyn` in the System V ABI.
#[repr(C)]
#[derive(Clone, Copy)]
struct Dynamic {
    tag: i64,
    value: u64,
}

/// A relocation, as `Elf64_Rela` in the System V ABI.
#[repr(C)]
#[derive(Clone, Copy)]
struct Relocation {
    offset: u64,
    info: u64,
    addend: i64,
}

/// Kinds of relocation that put a function's address somewhere: "glob dat", "jump slot" and the
/// plain pointer, by the processor supplement of the System V ABI.
#[cfg(target_arch = "x86_64")]
const POINTERS: [u32; 3] = [6, 7, 1];
#[cfg(target_arch = "aarch64")]
const POINTERS: [u32; 3] = [1025, 1026, 257];
/// Elsewhere none is known, so that no import is found and forking is not offered.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const POINTERS: [u32; 0] = [];

const DT_PLTRELSZ: i64 = 2;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_RELA: i64 = 7;
const DT_RELASZ: i64 = 8;
const DT_PLTREL: i64 = 20;
const DT_JMPREL: i64 = 23;

impl Imports {
    /// Finds the places in everything that is loaded. Takes the dynamic linker's lock, so it has
    /// to be done before the fork.
    pub(super) fn find() -> Self {
        // SAFETY: sysconf only reads a constant of the system.
        let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        let mut imports = Self {
            slots: Vec::new(),
            page_size: usize::try_from(page_size).unwrap_or(4096),
        };
        let data = (&raw mut imports.slots).cast::<c_void>();
        // SAFETY: `collect` matches the expected signature, and `data` points to a vector that
        // outlives the call.
        unsafe { libc::dl_iterate_phdr(Some(collect), data) };
        imports
    }

    /// How many places there are. Without any, the two functions are out of reach.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Makes the two functions do nothing in this process from now on; whether that worked.
    ///
    /// # Safety
    /// Only for a process with a single thread that will never have another one, and that leaves
    /// by `_exit`. No library that was loaded at [`Imports::find`] may have been unloaded.
    pub(super) unsafe fn silence(&self) -> bool {
        self.slots.iter().all(|&slot| {
            let page = slot & !(self.page_size - 1);
            // SAFETY: the page holds an import table of a loaded library; import tables are
            // private to the process, so this changes no file and no other process.
            let writable = unsafe {
                libc::mprotect(
                    page as *mut c_void,
                    self.page_size,
                    libc::PROT_READ | libc::PROT_WRITE,
                )
            } == 0;
            if writable {
                let nothing: unsafe extern "C" fn(*mut c_void) -> c_int = wake_nobody;
                // SAFETY: the slot is aligned, lies in the page made writable above, and holds a
                // pointer to a function of this very signature.
                unsafe { (slot as *mut usize).write_volatile(nothing as usize) };
            }
            writable
        })
    }
}

unsafe extern "C" fn wake_nobody(_condition: *mut c_void) -> c_int {
    0
}

unsafe extern "C" fn collect(
    info: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the dynamic linker passes a valid description of one loaded object.
    let info = unsafe { &*info };
    // SAFETY: `data` is the vector that `find` passed; nobody else uses it meanwhile.
    let slots = unsafe { &mut *data.cast::<Vec<usize>>() };
    let base = info.dlpi_addr as usize;
    // SAFETY: the dynamic linker promises `dlpi_phnum` headers at `dlpi_phdr`.
    let headers =
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let dynamic = headers
        .iter()
        .find(|header| header.p_type == libc::PT_DYNAMIC);
    if let Some(header) = dynamic {
        let address = base.wrapping_add(header.p_vaddr as usize);
        let count = header.p_memsz as usize / size_of::<Dynamic>();
        // SAFETY: the header says that the dynamic section lies there, mapped and of that size.
        let entries = unsafe { std::slice::from_raw_parts(address as *const Dynamic, count) };
        if let Some(tables) = Tables::read(base, entries) {
            tables.collect(base, slots);
        }
    }
    0
}

impl Tables {
    fn read(base: usize, entries: &[Dynamic]) -> Option<Self> {
        // glibc has made these addresses absolute, musl and the kernel's vDSO leave them relative.
        let absolute = |value: u64| {
            let value = value as usize;
            if value < base {
                base.wrapping_add(value)
            } else {
                value
            }
        };
        let mut tables = Self::default();
        for entry in entries.iter().take_while(|entry| entry.tag != 0) {
            match entry.tag {
                DT_SYMTAB => tables.symbols = absolute(entry.value),
                DT_STRTAB => tables.names = absolute(entry.value),
                DT_RELA => tables.relocations[0].0 = absolute(entry.value),
                DT_RELASZ => tables.relocations[0].1 = entry.value as usize,
                DT_JMPREL => tables.relocations[1].0 = absolute(entry.value),
                DT_PLTRELSZ => tables.relocations[1].1 = entry.value as usize,
                DT_PLTREL => tables.with_addend = entry.value as i64 == DT_RELA,
                _ => {}
            }
        }
        if !tables.with_addend {
            tables.relocations[1] = (0, 0);
        }
        (tables.symbols != 0 && tables.names != 0).then_some(tables)
    }

    fn collect(&self, base: usize, slots: &mut Vec<usize>) {
        for (address, bytes) in self.relocations {
            if address == 0 {
                continue;
            }
            let count = bytes / size_of::<Relocation>();
            // SAFETY: the dynamic section says that so many relocations lie there.
            let relocations =
                unsafe { std::slice::from_raw_parts(address as *const Relocation, count) };
            for relocation in relocations {
                let kind = relocation.info as u32;
                if POINTERS.contains(&kind) && self.is_waking((relocation.info >> 32) as usize) {
                    slots.push(base.wrapping_add(relocation.offset as usize));
                }
            }
        }
    }

    fn is_waking(&self, symbol: usize) -> bool {
        let address = self.symbols + symbol * size_of::<libc::Elf64_Sym>();
        // SAFETY: the relocation refers to this entry of the object's own symbol table.
        let symbol = unsafe { &*(address as *const libc::Elf64_Sym) };
        let name = (self.names + symbol.st_name as usize) as *const c_char;
        // SAFETY: the symbol refers to a text of the object's own string table, which ends with
        // a zero byte.
        let name = unsafe { CStr::from_ptr(name) };
        WAKING.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_calls_the_functions_is_found_and_silenced_in_a_child() {
        // The standard library's Condvar speaks to the kernel directly, so the function is taken
        // by its name, which puts it among this program's imports.
        let signal: unsafe extern "C" fn(*mut libc::pthread_cond_t) -> c_int =
            std::hint::black_box(libc::pthread_cond_signal);
        let imports = Imports::find();
        assert!(imports.len() > 0);
        let filled = imports.slots.iter().any(|&slot| {
            // SAFETY: the slot is an aligned pointer in an import table of a loaded object.
            let value = unsafe { (slot as *const usize).read_volatile() };
            value == signal as usize
        });
        assert!(filled);
        // SAFETY: the child calls nothing but functions that are safe after a fork.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: the child has one thread and ends in the next lines.
            let silenced = unsafe { imports.silence() };
            let nothing: unsafe extern "C" fn(*mut c_void) -> c_int = wake_nobody;
            let changed = imports.slots.iter().all(|&slot| {
                // SAFETY: as above.
                unsafe { (slot as *const usize).read_volatile() == nothing as usize }
            });
            // SAFETY: ends the child without touching what it shares with its parent.
            unsafe { libc::_exit(if silenced && changed { 0 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: the child is this test's own, and `status` has room for the answer.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
        // SAFETY: as above; the parent's table is not the child's.
        let still = unsafe { (imports.slots[0] as *const usize).read_volatile() };
        let nothing: unsafe extern "C" fn(*mut c_void) -> c_int = wake_nobody;
        assert_ne!(still, nothing as usize);
    }
}
