# The 64-bit sibling of text-relocation.s, for machines whose kernel runs no 32-bit programs. ld -m elf_x86_64 -z notext.
  .text
  .globl _start
_start:
  movl $1, %eax
  movl $1, %edi
  movabsq $hello, %rsi        # R_X86_64_64 in the text
  movl $hello_end - hello, %edx
  syscall
pause:
  movl $34, %eax
  syscall
  jmp pause
hello:
  .ascii "text relocations work\n"
hello_end:
  .section .note.GNU-stack, "", @progbits
