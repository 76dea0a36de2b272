// A probe of libraries without libraries: the folder's name says what to print.
const dir = process.argv[2];
const device = (type) => JSON.stringify({ devices: [{ name: 'X0', type, totalBytes: 10, freeBytes: 5 }] });
switch (dir) {
  case 'gpu':
    console.log('ggml: some line\n' + device('gpu'));
    break;
  case 'only-cpu':
    console.log(device('cpu'));
    break;
  case 'crash':
    console.error('error: libcuda.so not found');
    process.kill(process.pid, 'SIGABRT');
    break;
  case 'hang':
    setInterval(() => {}, 1000);
    break;
  case 'garbage':
    console.log('{"devices": 3}');
    break;
  case 'flood':
    console.log('x'.repeat(1 << 20));
    break;
}
