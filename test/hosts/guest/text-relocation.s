# A 32-bit program whose text segment is changed by the loader, as the game's libraries are. Says whether ptrace(2) of process
# 1 is possible through the 32-bit entry of the kernel, then waits. Assembled by a test: as --32, ld -m elf_i386 -z notext.
  .text
  .globl _start
_start:
  movl $4, %eax
  movl $1, %ebx
  leal hello, %ecx            # R_386_32 in the text
  movl $hello_end - hello, %edx
  int $0x80
  movl $26, %eax              # ptrace(PTRACE_SEIZE, 1, 0, 0)
  movl $0x4206, %ebx
  movl $1, %ecx
  xorl %edx, %edx
  xorl %esi, %esi
  int $0x80
  testl %eax, %eax
  jnz pause
  movl $4, %eax
  movl $1, %ebx
  leal traced, %ecx
  movl $traced_end - traced, %edx
  int $0x80
pause:
  movl $29, %eax
  int $0x80
  jmp pause
hello:
  .ascii "text relocations work\n"
hello_end:
traced:
  .ascii "GOT ptrace of process 1 through the 32-bit entry\n"
traced_end:
  .section .note.GNU-stack, "", @progbits
