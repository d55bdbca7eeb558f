// Error numbers of Linux's asm-generic ABI (include/uapi/asm-generic/errno{-base,}.h) and their texts (strerror(3)).
// A system call handler returns `-ENOENT`; the number is what the program finds in a0.

export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const E2BIG = 7;
export const ENOEXEC = 8;
export const EBADF = 9;
export const ECHILD = 10;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const ENOTBLK = 15;
export const EBUSY = 16;
export const EEXIST = 17;
export const EXDEV = 18;
export const ENODEV = 19;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const ENOTTY = 25;
export const ETXTBSY = 26;
export const EFBIG = 27;
export const ENOSPC = 28;
export const ESPIPE = 29;
export const EROFS = 30;
export const EMLINK = 31;
export const EPIPE = 32;
export const EDOM = 33;
export const ERANGE = 34;
export const EDEADLK = 35;
export const ENAMETOOLONG = 36;
export const ENOLCK = 37;
export const ENOSYS = 38;
export const ENOTEMPTY = 39;
export const ELOOP = 40;
export const ENOMSG = 42;
export const EIDRM = 43;
export const ENOSTR = 60;
export const ENODATA = 61;
export const ETIME = 62;
export const ENOLINK = 67;
export const EPROTO = 71;
export const EBADMSG = 74;
export const EOVERFLOW = 75;
export const ELIBBAD = 80;
export const EILSEQ = 84;
export const EUSERS = 87;
export const ENOTSOCK = 88;
export const EDESTADDRREQ = 89;
export const EMSGSIZE = 90;
export const EPROTOTYPE = 91;
export const ENOPROTOOPT = 92;
export const EPROTONOSUPPORT = 93;
export const ESOCKTNOSUPPORT = 94;
export const EOPNOTSUPP = 95;
export const EPFNOSUPPORT = 96;
export const EAFNOSUPPORT = 97;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETDOWN = 100;
export const ENETUNREACH = 101;
export const ENETRESET = 102;
export const ECONNABORTED = 103;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const EISCONN = 106;
export const ENOTCONN = 107;
export const ESHUTDOWN = 108;
export const ETOOMANYREFS = 109;
export const ETIMEDOUT = 110;
export const ECONNREFUSED = 111;
export const EHOSTDOWN = 112;
export const EHOSTUNREACH = 113;
export const EALREADY = 114;
export const EINPROGRESS = 115;
export const ESTALE = 116;
export const EDQUOT = 122;
export const ECANCELED = 125;
export const EOWNERDEAD = 130;
export const ENOTRECOVERABLE = 131;

/** Name and text of each error number, for strace and messages. */
export const errnoTable: ReadonlyMap<number, { readonly name: string; readonly text: string }> = new Map([
  [EPERM, { name: 'EPERM', text: 'Operation not permitted' }],
  [ENOENT, { name: 'ENOENT', text: 'No such file or directory' }],
  [ESRCH, { name: 'ESRCH', text: 'No such process' }],
  [EINTR, { name: 'EINTR', text: 'Interrupted system call' }],
  [EIO, { name: 'EIO', text: 'Input/output error' }],
  [ENXIO, { name: 'ENXIO', text: 'No such device or address' }],
  [E2BIG, { name: 'E2BIG', text: 'Argument list too long' }],
  [ENOEXEC, { name: 'ENOEXEC', text: 'Exec format error' }],
  [EBADF, { name: 'EBADF', text: 'Bad file descriptor' }],
  [ECHILD, { name: 'ECHILD', text: 'No child processes' }],
  [EAGAIN, { name: 'EAGAIN', text: 'Resource temporarily unavailable' }],
  [ENOMEM, { name: 'ENOMEM', text: 'Cannot allocate memory' }],
  [EACCES, { name: 'EACCES', text: 'Permission denied' }],
  [EFAULT, { name: 'EFAULT', text: 'Bad address' }],
  [ENOTBLK, { name: 'ENOTBLK', text: 'Block device required' }],
  [EBUSY, { name: 'EBUSY', text: 'Device or resource busy' }],
  [EEXIST, { name: 'EEXIST', text: 'File exists' }],
  [EXDEV, { name: 'EXDEV', text: 'Invalid cross-device link' }],
  [ENODEV, { name: 'ENODEV', text: 'No such device' }],
  [ENOTDIR, { name: 'ENOTDIR', text: 'Not a directory' }],
  [EISDIR, { name: 'EISDIR', text: 'Is a directory' }],
  [EINVAL, { name: 'EINVAL', text: 'Invalid argument' }],
  [ENFILE, { name: 'ENFILE', text: 'Too many open files in system' }],
  [EMFILE, { name: 'EMFILE', text: 'Too many open files' }],
  [ENOTTY, { name: 'ENOTTY', text: 'Inappropriate ioctl for device' }],
  [ETXTBSY, { name: 'ETXTBSY', text: 'Text file busy' }],
  [EFBIG, { name: 'EFBIG', text: 'File too large' }],
  [ENOSPC, { name: 'ENOSPC', text: 'No space left on device' }],
  [ESPIPE, { name: 'ESPIPE', text: 'Illegal seek' }],
  [EROFS, { name: 'EROFS', text: 'Read-only file system' }],
  [EMLINK, { name: 'EMLINK', text: 'Too many links' }],
  [EPIPE, { name: 'EPIPE', text: 'Broken pipe' }],
  [EDOM, { name: 'EDOM', text: 'Numerical argument out of domain' }],
  [ERANGE, { name: 'ERANGE', text: 'Numerical result out of range' }],
  [EDEADLK, { name: 'EDEADLK', text: 'Resource deadlock avoided' }],
  [ENAMETOOLONG, { name: 'ENAMETOOLONG', text: 'File name too long' }],
  [ENOLCK, { name: 'ENOLCK', text: 'No locks available' }],
  [ENOSYS, { name: 'ENOSYS', text: 'Function not implemented' }],
  [ENOTEMPTY, { name: 'ENOTEMPTY', text: 'Directory not empty' }],
  [ELOOP, { name: 'ELOOP', text: 'Too many levels of symbolic links' }],
  [ENOMSG, { name: 'ENOMSG', text: 'No message of desired type' }],
  [EIDRM, { name: 'EIDRM', text: 'Identifier removed' }],
  [ENOSTR, { name: 'ENOSTR', text: 'Device not a stream' }],
  [ENODATA, { name: 'ENODATA', text: 'No data available' }],
  [ETIME, { name: 'ETIME', text: 'Timer expired' }],
  [ENOLINK, { name: 'ENOLINK', text: 'Link has been severed' }],
  [EPROTO, { name: 'EPROTO', text: 'Protocol error' }],
  [EBADMSG, { name: 'EBADMSG', text: 'Bad message' }],
  [EOVERFLOW, { name: 'EOVERFLOW', text: 'Value too large for defined data type' }],
  [ELIBBAD, { name: 'ELIBBAD', text: 'Accessing a corrupted shared library' }],
  [EILSEQ, { name: 'EILSEQ', text: 'Invalid or incomplete multibyte or wide character' }],
  [EUSERS, { name: 'EUSERS', text: 'Too many users' }],
  [ENOTSOCK, { name: 'ENOTSOCK', text: 'Socket operation on non-socket' }],
  [EDESTADDRREQ, { name: 'EDESTADDRREQ', text: 'Destination address required' }],
  [EMSGSIZE, { name: 'EMSGSIZE', text: 'Message too long' }],
  [EPROTOTYPE, { name: 'EPROTOTYPE', text: 'Protocol wrong type for socket' }],
  [ENOPROTOOPT, { name: 'ENOPROTOOPT', text: 'Protocol not available' }],
  [EPROTONOSUPPORT, { name: 'EPROTONOSUPPORT', text: 'Protocol not supported' }],
  [ESOCKTNOSUPPORT, { name: 'ESOCKTNOSUPPORT', text: 'Socket type not supported' }],
  [EOPNOTSUPP, { name: 'EOPNOTSUPP', text: 'Operation not supported' }],
  [EPFNOSUPPORT, { name: 'EPFNOSUPPORT', text: 'Protocol family not supported' }],
  [EAFNOSUPPORT, { name: 'EAFNOSUPPORT', text: 'Address family not supported by protocol' }],
  [EADDRINUSE, { name: 'EADDRINUSE', text: 'Address already in use' }],
  [EADDRNOTAVAIL, { name: 'EADDRNOTAVAIL', text: 'Cannot assign requested address' }],
  [ENETDOWN, { name: 'ENETDOWN', text: 'Network is down' }],
  [ENETUNREACH, { name: 'ENETUNREACH', text: 'Network is unreachable' }],
  [ENETRESET, { name: 'ENETRESET', text: 'Network dropped connection on reset' }],
  [ECONNABORTED, { name: 'ECONNABORTED', text: 'Software caused connection abort' }],
  [ECONNRESET, { name: 'ECONNRESET', text: 'Connection reset by peer' }],
  [ENOBUFS, { name: 'ENOBUFS', text: 'No buffer space available' }],
  [EISCONN, { name: 'EISCONN', text: 'Transport endpoint is already connected' }],
  [ENOTCONN, { name: 'ENOTCONN', text: 'Transport endpoint is not connected' }],
  [ESHUTDOWN, { name: 'ESHUTDOWN', text: 'Cannot send after transport endpoint shutdown' }],
  [ETOOMANYREFS, { name: 'ETOOMANYREFS', text: 'Too many references: cannot splice' }],
  [ETIMEDOUT, { name: 'ETIMEDOUT', text: 'Connection timed out' }],
  [ECONNREFUSED, { name: 'ECONNREFUSED', text: 'Connection refused' }],
  [EHOSTDOWN, { name: 'EHOSTDOWN', text: 'Host is down' }],
  [EHOSTUNREACH, { name: 'EHOSTUNREACH', text: 'No route to host' }],
  [EALREADY, { name: 'EALREADY', text: 'Operation already in progress' }],
  [EINPROGRESS, { name: 'EINPROGRESS', text: 'Operation now in progress' }],
  [ESTALE, { name: 'ESTALE', text: 'Stale file handle' }],
  [EDQUOT, { name: 'EDQUOT', text: 'Disk quota exceeded' }],
  [ECANCELED, { name: 'ECANCELED', text: 'Operation canceled' }],
  [EOWNERDEAD, { name: 'EOWNERDEAD', text: 'Owner died' }],
  [ENOTRECOVERABLE, { name: 'ENOTRECOVERABLE', text: 'State not recoverable' }],
]);
