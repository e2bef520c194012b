// Expected: bad result, returned, threw, time limit
const handler = w => eval('('.repeat(5e4) + '1' + ')'.repeat(5e4))
