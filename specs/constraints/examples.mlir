module {
  func.func @abs(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.abs %arg0 : tensor<4x8xf32>
    return
  }
  func.func @add(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.add %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @after_all(%arg0: !stablehlo.token, %arg1: !stablehlo.token) {
    %0 = stablehlo.after_all %arg0, %arg1 : !stablehlo.token
    return
  }
  func.func @all_gather(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.all_gather"(%arg0) <{all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<4x8xf32>) -> tensor<4x16xf32>
    return
  }
  func.func @all_reduce(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.all_reduce"(%arg0) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %1 = stablehlo.add %arg1, %arg2 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @all_to_all(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.all_to_all"(%arg0) <{concat_dimension = 1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, split_count = 2 : i64, split_dimension = 0 : i64}> : (tensor<4x8xf32>) -> tensor<2x16xf32>
    return
  }
  func.func @and(%arg0: tensor<8xi32>, %arg1: tensor<8xi32>) {
    %0 = stablehlo.and %arg0, %arg1 : tensor<8xi32>
    return
  }
  func.func @async_done(%arg0: !stablehlo.future<tensor<2xf32>>) {
    %0 = "stablehlo.async_done"(%arg0) : (!stablehlo.future<tensor<2xf32>>) -> tensor<2xf32>
    return
  }
  func.func @async_start(%arg0: tensor<8xf32>) {
    %0 = "stablehlo.async_start"(%arg0) ({
    ^bb0(%arg1: tensor<8xf32>):
      %1 = stablehlo.slice %arg1 [0:2] : (tensor<8xf32>) -> tensor<2xf32>
      stablehlo.return %1 : tensor<2xf32>
    }) : (tensor<8xf32>) -> !stablehlo.future<tensor<2xf32>>
    return
  }
  func.func @atan2(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.atan2 %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @batch_norm_grad(%arg0: tensor<4x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>, %arg3: tensor<8xf32>, %arg4: tensor<4x8xf32>) {
    %grad_operand, %grad_scale, %grad_offset = "stablehlo.batch_norm_grad"(%arg0, %arg1, %arg2, %arg3, %arg4) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>)
    return
  }
  func.func @batch_norm_inference(%arg0: tensor<4x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>, %arg3: tensor<8xf32>, %arg4: tensor<8xf32>) {
    %0 = "stablehlo.batch_norm_inference"(%arg0, %arg1, %arg2, %arg3, %arg4) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @batch_norm_training(%arg0: tensor<4x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) {
    %output, %batch_mean, %batch_var = "stablehlo.batch_norm_training"(%arg0, %arg1, %arg2) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>)
    return
  }
  func.func @bitcast_convert(%arg0: tensor<8xf32>) {
    %0 = stablehlo.bitcast_convert %arg0 : (tensor<8xf32>) -> tensor<8x4xi8>
    return
  }
  func.func @broadcast(%arg0: tensor<8xf32>) {
    %0 = stablehlo.broadcast %arg0, sizes = [4] : (tensor<8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @broadcast_in_dim(%arg0: tensor<8xf32>) {
    %0 = stablehlo.broadcast_in_dim %arg0, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @case(%arg0: tensor<i32>) {
    %0 = "stablehlo.case"(%arg0) ({
      %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
      stablehlo.return %cst : tensor<f32>
    }, {
      %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32>
      stablehlo.return %cst : tensor<f32>
    }) : (tensor<i32>) -> tensor<f32>
    return
  }
  func.func @cbrt(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.cbrt %arg0 : tensor<4x8xf32>
    return
  }
  func.func @ceil(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.ceil %arg0 : tensor<4x8xf32>
    return
  }
  func.func @cholesky(%arg0: tensor<4x4xf32>) {
    %0 = stablehlo.cholesky %arg0, lower = true : tensor<4x4xf32>
    return
  }
  func.func @clamp(%arg0: tensor<f32>, %arg1: tensor<4x8xf32>, %arg2: tensor<f32>) {
    %0 = stablehlo.clamp %arg0, %arg1, %arg2 : (tensor<f32>, tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32>
    return
  }
  func.func @collective_broadcast(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.collective_broadcast"(%arg0) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @collective_permute(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.collective_permute"(%arg0) <{source_target_pairs = dense<[[0, 1], [1, 0]]> : tensor<2x2xi64>}> : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @collective_reduce(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.collective_reduce"(%arg0) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %1 = stablehlo.add %arg1, %arg2 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @compare(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.compare LT, %arg0, %arg1, FLOAT : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xi1>
    return
  }
  func.func @complex(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.complex %arg0, %arg1 : tensor<4x8xcomplex<f32>>
    return
  }
  func.func @composite(%arg0: tensor<4xf32>) {
    %0 = stablehlo.composite "dialect.twice" %arg0 {decomposition = @twice} : (tensor<4xf32>) -> tensor<4xf32>
    return
  }
  func.func @concatenate(%arg0: tensor<4x8xf32>, %arg1: tensor<2x8xf32>) {
    %0 = stablehlo.concatenate %arg0, %arg1, dim = 0 : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<6x8xf32>
    return
  }
  func.func @constant() {
    %cst = stablehlo.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32>
    return
  }
  func.func @convert(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.convert %arg0 : (tensor<4x8xf32>) -> tensor<4x8xbf16>
    return
  }
  func.func @convolution(%arg0: tensor<1x8x8x3xf32>, %arg1: tensor<3x3x3x16xf32>) {
    %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x8x3xf32>, tensor<3x3x3x16xf32>) -> tensor<1x8x8x16xf32>
    return
  }
  func.func @cosine(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.cosine %arg0 : tensor<4x8xf32>
    return
  }
  func.func @count_leading_zeros(%arg0: tensor<8xi32>) {
    %0 = stablehlo.count_leading_zeros %arg0 : tensor<8xi32>
    return
  }
  func.func @create_token() {
    %0 = stablehlo.create_token : !stablehlo.token
    return
  }
  func.func @"cross-replica-sum"(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.cross-replica-sum"(%arg0) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @custom_call(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.custom_call @my_kernel(%arg0) {backend_config = "tile=4", has_side_effect = true} : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @divide(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.divide %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @dot(%arg0: tensor<4x8xf32>, %arg1: tensor<8x2xf32>) {
    %0 = stablehlo.dot %arg0, %arg1 : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
    return
  }
  func.func @dot_general(%arg0: tensor<2x4x8xbf16>, %arg1: tensor<2x8x3xbf16>) {
    %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0] x [0], contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x4x8xbf16>, tensor<2x8x3xbf16>) -> tensor<2x4x3xf32>
    return
  }
  func.func @dynamic_broadcast_in_dim(%arg0: tensor<?xf32>, %arg1: tensor<2xi64>) {
    %0 = stablehlo.dynamic_broadcast_in_dim %arg0, %arg1, dims = [1] : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
    return
  }
  func.func @dynamic_conv(%arg0: tensor<1x8x8x3xf32>, %arg1: tensor<3x3x3x16xf32>, %arg2: tensor<2x2xi64>) {
    %0 = "stablehlo.dynamic_conv"(%arg0, %arg1, %arg2) <{batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, feature_group_count = 1 : i64}> : (tensor<1x8x8x3xf32>, tensor<3x3x3x16xf32>, tensor<2x2xi64>) -> tensor<1x?x?x16xf32>
    return
  }
  func.func @dynamic_gather(%arg0: tensor<100x8xf32>, %arg1: tensor<4x1xi32>, %arg2: tensor<2xi32>) {
    %0 = "stablehlo.dynamic_gather"(%arg0, %arg1, %arg2) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}> : (tensor<100x8xf32>, tensor<4x1xi32>, tensor<2xi32>) -> tensor<4x?xf32>
    return
  }
  func.func @dynamic_iota(%arg0: tensor<2xi64>) {
    %0 = stablehlo.dynamic_iota %arg0, dim = 1 : (tensor<2xi64>) -> tensor<?x?xi32>
    return
  }
  func.func @dynamic_pad(%arg0: tensor<?x?xf32>, %arg1: tensor<f32>, %arg2: tensor<2xi64>, %arg3: tensor<2xi64>, %arg4: tensor<2xi64>) {
    %0 = stablehlo.dynamic_pad %arg0, %arg1, %arg2, %arg3, %arg4 : (tensor<?x?xf32>, tensor<f32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<?x?xf32>
    return
  }
  func.func @dynamic_reshape(%arg0: tensor<?xf32>, %arg1: tensor<2xi64>) {
    %0 = stablehlo.dynamic_reshape %arg0, %arg1 : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
    return
  }
  func.func @dynamic_slice(%arg0: tensor<4x8xf32>, %arg1: tensor<i32>, %arg2: tensor<i32>) {
    %0 = stablehlo.dynamic_slice %arg0, %arg1, %arg2, sizes = [2, 8] : (tensor<4x8xf32>, tensor<i32>, tensor<i32>) -> tensor<2x8xf32>
    return
  }
  func.func @dynamic_update_slice(%arg0: tensor<4x8xf32>, %arg1: tensor<2x8xf32>, %arg2: tensor<i32>, %arg3: tensor<i32>) {
    %0 = stablehlo.dynamic_update_slice %arg0, %arg1, %arg2, %arg3 : (tensor<4x8xf32>, tensor<2x8xf32>, tensor<i32>, tensor<i32>) -> tensor<4x8xf32>
    return
  }
  func.func @einsum(%arg0: tensor<4x8xf32>, %arg1: tensor<8x2xf32>) {
    %0 = stablehlo.einsum %arg0, %arg1, config = "ab,bc->ac" : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
    return
  }
  func.func @exponential(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.exponential %arg0 : tensor<4x8xf32>
    return
  }
  func.func @exponential_minus_one(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.exponential_minus_one %arg0 : tensor<4x8xf32>
    return
  }
  func.func @fft(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.fft %arg0, type = RFFT, length = [8] : (tensor<4x8xf32>) -> tensor<4x5xcomplex<f32>>
    return
  }
  func.func @floor(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.floor %arg0 : tensor<4x8xf32>
    return
  }
  func.func @gather(%arg0: tensor<100x8xf32>, %arg1: tensor<4x1xi32>) {
    %0 = "stablehlo.gather"(%arg0, %arg1) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 8>}> : (tensor<100x8xf32>, tensor<4x1xi32>) -> tensor<4x8xf32>
    return
  }
  func.func @get_dimension_size(%arg0: tensor<?x8xf32>) {
    %0 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x8xf32>) -> tensor<i32>
    return
  }
  func.func @get_tuple_element(%arg0: tuple<tensor<4x8xf32>, tensor<i32>>) {
    %0 = stablehlo.get_tuple_element %arg0[1] : (tuple<tensor<4x8xf32>, tensor<i32>>) -> tensor<i32>
    return
  }
  func.func @if(%arg0: tensor<i1>) {
    %0 = "stablehlo.if"(%arg0) ({
      %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
      stablehlo.return %cst : tensor<f32>
    }, {
      %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32>
      stablehlo.return %cst : tensor<f32>
    }) : (tensor<i1>) -> tensor<f32>
    return
  }
  func.func @imag(%arg0: tensor<8xcomplex<f32>>) {
    %0 = stablehlo.imag %arg0 : (tensor<8xcomplex<f32>>) -> tensor<8xf32>
    return
  }
  func.func @infeed(%arg0: !stablehlo.token) {
    %0:2 = "stablehlo.infeed"(%arg0) <{infeed_config = "source"}> : (!stablehlo.token) -> (tensor<4x8xf32>, !stablehlo.token)
    return
  }
  func.func @iota() {
    %0 = stablehlo.iota dim = 1 : tensor<4x8xi32>
    return
  }
  func.func @is_finite(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.is_finite %arg0 : (tensor<4x8xf32>) -> tensor<4x8xi1>
    return
  }
  func.func @log(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.log %arg0 : tensor<4x8xf32>
    return
  }
  func.func @log_plus_one(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.log_plus_one %arg0 : tensor<4x8xf32>
    return
  }
  func.func @logistic(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.logistic %arg0 : tensor<4x8xf32>
    return
  }
  func.func @map(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.map"(%arg0) <{dimensions = array<i64: 0, 1>}> ({
    ^bb0(%arg1: tensor<f32>):
      %1 = stablehlo.multiply %arg1, %arg1 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @maximum(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.maximum %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @minimum(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.minimum %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @multiply(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.multiply %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @negate(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.negate %arg0 : tensor<4x8xf32>
    return
  }
  func.func @not(%arg0: tensor<8xi32>) {
    %0 = stablehlo.not %arg0 : tensor<8xi32>
    return
  }
  func.func @optimization_barrier(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.optimization_barrier %arg0 : tensor<4x8xf32>
    return
  }
  func.func @or(%arg0: tensor<8xi32>, %arg1: tensor<8xi32>) {
    %0 = stablehlo.or %arg0, %arg1 : tensor<8xi32>
    return
  }
  func.func @outfeed(%arg0: tensor<4x8xf32>, %arg1: !stablehlo.token) {
    %0 = "stablehlo.outfeed"(%arg0, %arg1) <{outfeed_config = "sink"}> : (tensor<4x8xf32>, !stablehlo.token) -> !stablehlo.token
    return
  }
  func.func @pad(%arg0: tensor<4x8xf32>, %arg1: tensor<f32>) {
    %0 = stablehlo.pad %arg0, %arg1, low = [0, 1], high = [0, 2], interior = [0, 0] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x11xf32>
    return
  }
  func.func @partition_id() {
    %0 = stablehlo.partition_id : tensor<ui32>
    return
  }
  func.func @popcnt(%arg0: tensor<8xi32>) {
    %0 = stablehlo.popcnt %arg0 : tensor<8xi32>
    return
  }
  func.func @power(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.power %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @real(%arg0: tensor<8xcomplex<f32>>) {
    %0 = stablehlo.real %arg0 : (tensor<8xcomplex<f32>>) -> tensor<8xf32>
    return
  }
  func.func @real_dynamic_slice(%arg0: tensor<?xf32>, %arg1: tensor<1xi64>, %arg2: tensor<1xi64>, %arg3: tensor<1xi64>) {
    %0 = stablehlo.real_dynamic_slice %arg0, %arg1, %arg2, %arg3 : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
    return
  }
  func.func @recv(%arg0: !stablehlo.token) {
    %0:2 = "stablehlo.recv"(%arg0) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}> : (!stablehlo.token) -> (tensor<4x8xf32>, !stablehlo.token)
    return
  }
  func.func @reduce(%arg0: tensor<4x8xf32>, %arg1: tensor<f32>) {
    %0 = stablehlo.reduce(%arg0 init: %arg1) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    return
  }
  func.func @reduce_precision(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.reduce_precision %arg0, format = e5m10 : tensor<4x8xf32>
    return
  }
  func.func @reduce_scatter(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.reduce_scatter"(%arg0) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, scatter_dimension = 1 : i64}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %1 = stablehlo.add %arg1, %arg2 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<4x8xf32>) -> tensor<4x4xf32>
    return
  }
  func.func @reduce_window(%arg0: tensor<4x8xf32>, %arg1: tensor<f32>) {
    %0 = "stablehlo.reduce_window"(%arg0, %arg1) <{window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>}> ({
    ^bb0(%arg2: tensor<f32>, %arg3: tensor<f32>):
      %1 = stablehlo.maximum %arg2, %arg3 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<4x8xf32>, tensor<f32>) -> tensor<2x4xf32>
    return
  }
  func.func @remainder(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.remainder %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @replica_id() {
    %0 = stablehlo.replica_id : tensor<ui32>
    return
  }
  func.func @reshape(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.reshape %arg0 : (tensor<4x8xf32>) -> tensor<32xf32>
    return
  }
  func.func @reverse(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.reverse %arg0, dims = [1] : tensor<4x8xf32>
    return
  }
  func.func @rng(%arg0: tensor<f32>, %arg1: tensor<f32>, %arg2: tensor<2xi64>) {
    %0 = stablehlo.rng %arg0, %arg1, %arg2, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<2xi64>) -> tensor<4x8xf32>
    return
  }
  func.func @rng_bit_generator(%arg0: tensor<2xui64>) {
    %output_state, %output = stablehlo.rng_bit_generator %arg0, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<4x8xui32>)
    return
  }
  func.func @round_nearest_afz(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.round_nearest_afz %arg0 : tensor<4x8xf32>
    return
  }
  func.func @round_nearest_even(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.round_nearest_even %arg0 : tensor<4x8xf32>
    return
  }
  func.func @rsqrt(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.rsqrt %arg0 : tensor<4x8xf32>
    return
  }
  func.func @scatter(%arg0: tensor<100x8xf32>, %arg1: tensor<4x1xi32>, %arg2: tensor<4x8xf32>) {
    %0 = "stablehlo.scatter"(%arg0, %arg1, %arg2) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      %1 = stablehlo.add %arg3, %arg4 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<100x8xf32>, tensor<4x1xi32>, tensor<4x8xf32>) -> tensor<100x8xf32>
    return
  }
  func.func @select(%arg0: tensor<4x8xi1>, %arg1: tensor<4x8xf32>, %arg2: tensor<4x8xf32>) {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<4x8xi1>, tensor<4x8xf32>
    return
  }
  func.func @select_and_scatter(%arg0: tensor<4x8xf32>, %arg1: tensor<2x4xf32>, %arg2: tensor<f32>) {
    %0 = "stablehlo.select_and_scatter"(%arg0, %arg1, %arg2) <{window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>}> ({
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      %1 = stablehlo.compare GE, %arg3, %arg4 : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %1 : tensor<i1>
    }, {
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      %1 = stablehlo.add %arg3, %arg4 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<4x8xf32>, tensor<2x4xf32>, tensor<f32>) -> tensor<4x8xf32>
    return
  }
  func.func @send(%arg0: tensor<4x8xf32>, %arg1: !stablehlo.token) {
    %0 = "stablehlo.send"(%arg0, %arg1) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<4x8xf32>, !stablehlo.token) -> !stablehlo.token
    return
  }
  func.func @set_dimension_size(%arg0: tensor<8xf32>, %arg1: tensor<i32>) {
    %0 = stablehlo.set_dimension_size %arg0, %arg1, dim = 0 : (tensor<8xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<8>>
    return
  }
  func.func @shift_left(%arg0: tensor<8xi32>, %arg1: tensor<8xi32>) {
    %0 = stablehlo.shift_left %arg0, %arg1 : tensor<8xi32>
    return
  }
  func.func @shift_right_arithmetic(%arg0: tensor<8xi32>, %arg1: tensor<8xi32>) {
    %0 = stablehlo.shift_right_arithmetic %arg0, %arg1 : tensor<8xi32>
    return
  }
  func.func @shift_right_logical(%arg0: tensor<8xi32>, %arg1: tensor<8xi32>) {
    %0 = stablehlo.shift_right_logical %arg0, %arg1 : tensor<8xi32>
    return
  }
  func.func @sign(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.sign %arg0 : tensor<4x8xf32>
    return
  }
  func.func @sine(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.sine %arg0 : tensor<4x8xf32>
    return
  }
  func.func @slice(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.slice %arg0 [1:3, 0:8:2] : (tensor<4x8xf32>) -> tensor<2x4xf32>
    return
  }
  func.func @sort(%arg0: tensor<4x8xf32>) {
    %0 = "stablehlo.sort"(%arg0) <{dimension = 1 : i64, is_stable = true}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %1 = stablehlo.compare GE, %arg1, %arg2 : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %1 : tensor<i1>
    }) : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @sqrt(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.sqrt %arg0 : tensor<4x8xf32>
    return
  }
  func.func @subtract(%arg0: tensor<4x8xf32>, %arg1: tensor<4x8xf32>) {
    %0 = stablehlo.subtract %arg0, %arg1 : tensor<4x8xf32>
    return
  }
  func.func @tan(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.tan %arg0 : tensor<4x8xf32>
    return
  }
  func.func @tanh(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.tanh %arg0 : tensor<4x8xf32>
    return
  }
  func.func @torch_index_select(%arg0: tensor<4x8xf32>, %arg1: tensor<2xi32>) {
    %0 = "stablehlo.torch_index_select"(%arg0, %arg1) <{batch_dims = 0 : i64, dim = 1 : i64}> : (tensor<4x8xf32>, tensor<2xi32>) -> tensor<4x2xf32>
    return
  }
  func.func @transpose(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.transpose %arg0, dims = [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>
    return
  }
  func.func @triangular_solve(%arg0: tensor<4x4xf32>, %arg1: tensor<4x8xf32>) {
    %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<4x4xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func @tuple(%arg0: tensor<4x8xf32>, %arg1: tensor<i32>) {
    %0 = stablehlo.tuple %arg0, %arg1 : tuple<tensor<4x8xf32>, tensor<i32>>
    return
  }
  func.func @unary_einsum(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.unary_einsum %arg0, config = "ab->b" : (tensor<4x8xf32>) -> tensor<8xf32>
    return
  }
  func.func @uniform_dequantize(%arg0: tensor<4x8x!quant.uniform<i8:f32, 5.000000e-01:3>>) {
    %0 = stablehlo.uniform_dequantize %arg0 : (tensor<4x8x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<4x8xf32>
    return
  }
  func.func @uniform_quantize(%arg0: tensor<4x8xf32>) {
    %0 = stablehlo.uniform_quantize %arg0 : (tensor<4x8xf32>) -> tensor<4x8x!quant.uniform<i8:f32, 5.000000e-01:3>>
    return
  }
  func.func @while(%arg0: tensor<i32>) {
    %0 = stablehlo.while(%iterArg = %arg0) : tensor<i32>
    cond {
      %1 = stablehlo.compare LT, %iterArg, %iterArg : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %1 : tensor<i1>
    } do {
      %1 = stablehlo.add %iterArg, %iterArg : tensor<i32>
      stablehlo.return %1 : tensor<i32>
    }
    return
  }
  func.func @xor(%arg0: tensor<8xi32>, %arg1: tensor<8xi32>) {
    %0 = stablehlo.xor %arg0, %arg1 : tensor<8xi32>
    return
  }
  func.func private @twice(%arg0: tensor<4xf32>) -> tensor<4xf32> {
    %0 = stablehlo.add %arg0, %arg0 : tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}
